import type { Check } from "../check.ts"
import { pictureLike } from "../picture-like.ts"

/** Condition indices √κ by Belsley, Kuh and Welsch: from 10 moderate, from 30 strong dependence. */
const MODERATE = 10
const STRONG = 30
/** Examples for each feature below which κ comes from too few examples. */
const ENOUGH = 5

export const illConditionedFeatures: Check = {
  name: "ill-conditioned-features",
  title: "Features are constant, or depend on each other",
  causes: ["ill-conditioned-loss", "rate-too-low", "stuck"],
  async examine(patient) {
    const [x] = patient.sample
    if (pictureLike(x.shape))
      return { skipped: "neighbouring numbers of pictures and series depend on each other" }
    const analysis = await patient.features()
    if (analysis === null) return { skipped: "the model brings its inputs to size, or looks them up" }
    const { examples, features, constant, duplicates, condition, indices } = analysis
    if (examples < ENOUGH * features.length)
      return { skipped: `${examples} examples are too few for ${features.length} features` }
    const index = Math.sqrt(condition.standardised)
    const evidence = [
      {
        what: "√κ of the features' correlations",
        measured: index,
        threshold: `below ${MODERATE}`,
        why: "from 10 on features depend on each other noticeably, from 30 on strongly; standardising does not help",
        excess: index / MODERATE,
      },
      {
        what: "constant features",
        measured: constant.length,
        threshold: "none",
        why: "what is the same for all examples tells nothing and acts as a second bias",
        excess: constant.length > 0 ? 2 : 0,
      },
    ]
    if (index < MODERATE && constant.length === 0) return { fine: evidence }
    const named = [
      ...constant.map((feature) => `feature ${feature} is constant`),
      ...duplicates.map(({ features: [a, b] }) => `features ${a} and ${b} are the same up to scale`),
    ]
    const kept = indices.filter((feature) => !constant.includes(feature))
    return {
      finding: {
        severity: index >= STRONG || constant.length > 0 ? "warning" : "hint",
        layers: [],
        explanation:
          "Gradient descent takes about κ·ln(1/ε) steps, and directions in which the features hardly vary learn last. " +
          (named.length > 0 ? `Here: ${named.slice(0, 5).join("; ")}.` : ""),
        evidence: evidence.toSorted((a, b) => b.excess - a.excess),
        remedies: [
          ...(constant.length > 0
            ? [
                {
                  text: "Leave the constant features out.",
                  code: `x.indexSelect(1, tensor([${kept.slice(0, 8).join(", ")}${kept.length > 8 ? ", …" : ""}], { dtype: "int32" }))`,
                },
              ]
            : []),
          ...(index >= MODERATE
            ? [{ text: "Leave one of each dependent pair out, or whiten the features (PCA, ZCA)." }]
            : []),
        ],
        references: [
          { title: "Belsley, Kuh & Welsch, Regression Diagnostics (1980), chapter 3: condition indices" },
          {
            title: "LeCun, Kanter & Solla, Eigenvalues of covariance matrices (1991)",
            url: "https://doi.org/10.1103/PhysRevLett.66.2396",
          },
        ],
      },
    }
  },
}
