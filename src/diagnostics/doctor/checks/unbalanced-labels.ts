import type { Check } from "../check.ts"
import { classLabels } from "../class-labels.ts"

const HINT = 4
const LIMIT = 10
/** Expected examples of a class from which on counts say something (the rule of the χ² test). */
const COUNT = 5

export const unbalancedLabels: Check = {
  name: "unbalanced-labels",
  title: "The labels are unbalanced",
  causes: ["stuck", "rate-too-low", "overfitting", "gradient-noise"],
  async examine(patient) {
    const labels = await classLabels(patient)
    if (labels === null) return { skipped: "the targets are no classes" }
    const counts = new Map<number, number>()
    for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
    const sizes = [...counts.values()]
    if (labels.length / sizes.length < COUNT) return { skipped: "there are too few examples of each class" }
    if (sizes.length === 1) return single(labels[0]!)
    const imbalance = Math.max(...sizes) / Math.min(...sizes)
    const majority = Math.max(...sizes) / labels.length
    const evidence = [
      {
        what: "examples of the most frequent class over those of the rarest",
        measured: imbalance,
        threshold: `below ${LIMIT}`,
        why: `always naming the most frequent class is right in ${(100 * majority).toFixed(0)} %: little is left to learn from`,
        excess: imbalance / LIMIT,
      },
    ]
    if (imbalance < HINT) return { fine: evidence }
    const classes = Math.max(...counts.keys()) + 1
    const weights = Array.from({ length: classes }, (_, label) => {
      const count = counts.get(label) ?? 0
      return count === 0 ? 0 : Number((labels.length / (sizes.length * count)).toPrecision(3))
    })
    return {
      finding: {
        severity: imbalance >= LIMIT ? "warning" : "hint",
        layers: [],
        explanation:
          "Rare classes hardly count in the mean loss, so that the model does well by never naming them; accuracy hides it.",
        evidence,
        remedies: [
          {
            text: "Weight the classes, or draw rare ones more often; measure recall of each class.",
            code: `const loss = (output, target) => nn.crossEntropy(output, target, { weight: tensor([${weights.slice(0, 10).join(", ")}]) })`,
          },
        ],
        references: [
          {
            title: "He & Garcia, Learning from imbalanced data (2009)",
            url: "https://doi.org/10.1109/TKDE.2008.239",
          },
        ],
      },
    }
  },
}

function single(label: number): ReturnType<Check["examine"]> {
  return {
    finding: {
      severity: "error",
      layers: [],
      explanation: "Every example that was looked at has the same label: there is nothing to tell apart.",
      evidence: [
        {
          what: "different labels",
          measured: 1,
          threshold: "at least 2",
          why: `all are ${label}`,
          excess: 100,
        },
      ],
      remedies: [
        { text: "Shuffle the data before it is cut into batches or sets; check how labels are read." },
      ],
      references: [],
    },
  }
}
