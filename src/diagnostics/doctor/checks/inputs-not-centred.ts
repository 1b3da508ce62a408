import type { Check } from "../check.ts"
import { POOR_SIGNALS, POOR_TRAINING } from "../consequences.ts"
import { efficientBackprop } from "../references.ts"

/** From here on the mean carries more than all that tells examples apart. */
const OFFSET = 1
const SLOW = 10
const VERY_SLOW = 1000

export const inputsNotCentred: Check = {
  name: "inputs-not-centred",
  title: "The inputs are not centred",
  causes: [...POOR_SIGNALS, ...POOR_TRAINING],
  async examine(patient) {
    const { normalisedBy } = await patient.anatomy()
    if (normalisedBy !== null) return { skipped: `${normalisedBy} centres what it is given` }
    const features = await patient.features()
    if (features === null) return { skipped: "the model takes no numbers but places in a table" }
    const { offset, condition, constant, features: all } = features
    if (all.length === constant.length) return { skipped: "no feature varies" }
    const slowdown = condition.largest.raw / condition.largest.centred
    const evidence = [
      {
        what: "√(Σ mean²/Σ std²) of the features",
        measured: offset,
        threshold: `at most ${OFFSET}`,
        why: "above 1 the mean, which is the same for all examples, is larger than what tells them apart",
        excess: offset / OFFSET,
      },
      {
        what: "λmax of Σxxᵀ/n, over that of centred inputs",
        measured: slowdown,
        threshold: `below ${SLOW}`,
        why: "the largest stable rate of gradient descent falls by this factor, and learning with it",
        excess: slowdown / SLOW,
      },
    ]
    if (offset <= OFFSET || slowdown < 2) return { fine: evidence }
    return {
      finding: {
        severity: slowdown >= VERY_SLOW ? "error" : slowdown >= SLOW ? "warning" : "hint",
        layers: [],
        explanation:
          "All examples share a large common part. The weights of a unit then get gradients of nearly the same " +
          "direction, the loss is far steeper along the mean than elsewhere, and biases have to undo the shift.",
        evidence,
        remedies: [
          {
            text: "Subtract each feature's mean over the training data, the same numbers for held-out data.",
            code: "const [mean] = [x.mean([0], { keepdim: true })]\nconst centred = x.sub(mean)",
          },
        ],
        references: [efficientBackprop],
      },
    }
  },
}
