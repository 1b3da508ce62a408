import type { DataAnalysis } from "../../data/analyze-data.ts"
import type { Check } from "../check.ts"
import { POOR_SIGNALS, POOR_TRAINING } from "../consequences.ts"
import { pictureLike } from "../picture-like.ts"
import { efficientBackprop } from "../references.ts"

/** A ratio of deviations of 10 is a condition number of 100. */
const SPREAD = 10
const WIDE_SPREAD = 30
const SIZE = 10
const WRONG_SIZE = 30

export const inputsNotScaled: Check = {
  name: "inputs-not-scaled",
  title: "The inputs are not scaled",
  causes: [
    "inputs-not-centred",
    "ill-conditioned-features",
    "shuffled-labels",
    ...POOR_SIGNALS,
    ...POOR_TRAINING,
  ],
  async examine(patient) {
    const { normalisedBy } = await patient.anatomy()
    if (normalisedBy !== null) return { skipped: `${normalisedBy} scales what it is given` }
    const analysis = await patient.features()
    if (analysis === null) return { skipped: "the model takes no numbers but places in a table" }
    const stds = analysis.features.map(({ std }) => std).filter((std) => std > 0)
    if (stds.length === 0) return { skipped: "no feature varies" }
    const size = Math.sqrt(stds.reduce((sum, std) => sum + std * std, 0) / stds.length)
    const off = Math.max(size, 1 / size)
    const spread = pictureLike(patient.sample[0].shape) ? 1 : spreadOf(analysis)
    const evidence = [
      {
        what: "deviation of the features, root mean square",
        measured: size,
        threshold: `between ${1 / SIZE} and ${SIZE}`,
        why: "laws of initialisation are made for inputs of deviation 1",
        excess: off / SIZE,
      },
      {
        what: "scale of the largest feature over that of the smallest",
        measured: spread,
        threshold: `below ${SPREAD}`,
        why: "curvature goes with the square of the scale: a ratio of 10 is a condition number of 100",
        excess: spread / SPREAD,
      },
    ]
    if (off < SIZE && spread < SPREAD) return { fine: evidence }
    return {
      finding: {
        severity: off >= WRONG_SIZE || spread >= WIDE_SPREAD ? "error" : "warning",
        layers: [],
        explanation:
          "The features are not of size 1, or of very different sizes. Large ones saturate units and bound the rate; " +
          "small ones then learn next to nothing.",
        evidence: evidence.toSorted((a, b) => b.excess - a.excess),
        remedies: [
          {
            text: "Divide each feature by its deviation over the training data, the same numbers for held-out data.",
            code: "const scaled = x.sub(x.mean([0], { keepdim: true })).div(x.std([0], { keepdim: true }))",
          },
        ],
        references: [efficientBackprop],
      },
    }
  },
}

/**
 * How far the features' scales are apart, by deviation or by range, whichever is closer: a rare 0/1 feature has a small
 * deviation and a range like the others. Of many features the outermost twentieths are left out.
 */
function spreadOf({ features }: DataAnalysis): number {
  const varying = features.filter(({ std }) => std > 0)
  const ratio = (values: readonly number[]): number => {
    const sorted = values.toSorted((a, b) => a - b)
    const cut = Math.floor(sorted.length / 20)
    return sorted.at(-1 - cut)! / sorted[cut]!
  }
  return Math.min(ratio(varying.map(({ std }) => std)), ratio(varying.map(({ min, max }) => max - min)))
}
