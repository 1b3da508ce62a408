import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import type { Patient } from "../patient.ts"

/** Decay of biases and of the scales of normalisations takes freedom away and regularises nothing. */
export const weightDecayOnBiases: Check = {
  name: "weight-decay-on-biases",
  title: "weight decay acts on biases or normalisation layers",
  causes: [],
  examine({ model, optimizer }: Patient): Verdict {
    if (optimizer === null) return { skipped: "no optimizer was given" }
    const decayed = new Map(
      optimizer.groups.flatMap(({ params, weightDecay }) =>
        params.map((param) => [param, weightDecay] as const),
      ),
    )
    if ([...decayed.values()].every((decay) => decay === 0)) return { skipped: "there is no weight decay" }
    const vectors = model
      .namedParameters()
      .filter(([, param]) => param.ndim <= 1 && (decayed.get(param) ?? 0) > 0)
    const paths = vectors.map(([path]) => path)
    const evidence: Evidence = {
      what: "biases and normalisation parameters with weight decay",
      measured: paths.length,
      threshold: "none",
      why: "a penalty on weights bounds the steepness of the function, one on biases and scales only shifts it (Goodfellow et al. 2016, section 7.1; Loshchilov & Hutter 2019 decay weights)",
    }
    if (paths.length === 0) return { fine: [evidence] }
    return {
      finding: {
        severity: "hint",
        layers: paths,
        explanation:
          "Biases and scales are pulled towards 0 along with the weights. That costs freedom, and a scale of batch norm at 0 shuts its channel.",
        evidence: [evidence],
        remedies: [
          {
            text: "give them a group of their own",
            code: [
              "const all = model.parameters()",
              "optim.adamW([",
              "  { params: all.filter((p) => p.ndim > 1), weightDecay: 0.01 },",
              "  { params: all.filter((p) => p.ndim <= 1), weightDecay: 0 },",
              "])",
            ].join("\n"),
          },
        ],
        references: [
          {
            title: "He et al. 2019, Bag of tricks for image classification",
            url: "https://arxiv.org/abs/1812.01187",
          },
        ],
      },
    }
  },
}
