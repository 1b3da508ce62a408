import { isFloating } from "../../../base/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import type { Check } from "../check.ts"
import { classLabels } from "../class-labels.ts"
import type { Generalisation } from "../measurements/generalisation.ts"
import { generalisation, neighbourAgreement } from "../measurements/generalisation.ts"
import type { Patient } from "../patient.ts"

/** Deviations beyond chance: 3 happen by chance once in 700 times. */
const CLEAR = 3
const FEWEST = 100

export const shuffledLabels: Check = {
  name: "shuffled-labels",
  title: "The labels seem to have nothing to do with the inputs",
  causes: ["overfitting", "rate-too-low", "stuck", "gradient-noise", "under-capacity"],
  async examine(patient) {
    const [x, y] = patient.sample
    const targets = await targetsOf(patient, y)
    if (targets === null || !isFloating(x.dtype))
      return { skipped: "for inputs that are numbers, with one target each" }
    const [examples] = x.shape as [number]
    if (examples < FEWEST) return { skipped: `${examples} examples are too few to tell` }
    const near = await patient.measure("neighbours", () => neighbourAgreement(x, targets))
    const evidence = [
      {
        what: "how far nearest neighbours agree beyond chance, in deviations of chance",
        measured: near,
        threshold: `above ${CLEAR}`,
        why: "3 deviations come up by chance once in 700 data sets",
        excess: Math.min(CLEAR / Math.max(near, 0.1), 10),
      },
    ]
    if (near > CLEAR) return { fine: evidence }
    const learnt = await patient.measure("generalisation", () => generalisation(patient, targets))
    return verdictOf(learnt, evidence)
  },
}

function verdictOf(
  { train, held }: Generalisation,
  near: { what: string; measured: number; threshold: string; why: string; excess: number }[],
): Awaited<ReturnType<Check["examine"]>> {
  const evidence = [
    ...near,
    {
      what: "the model's answers on examples that it was not trained on, in deviations beyond chance",
      measured: held,
      threshold: `above ${CLEAR}`,
      why: `on those that it was trained on it is ${train.toFixed(1)} deviations beyond chance`,
    },
  ]
  if (held > CLEAR) return { fine: evidence }
  if (train < CLEAR)
    return { skipped: "the model learns neither known examples nor new ones: nothing can be said" }
  return {
    finding: {
      severity: "warning",
      layers: [],
      explanation:
        "Examples that are alike do not have like labels, and what the model learns by heart of one half says nothing " +
        "about the other half. Labels that were shuffled apart from their inputs look just so.",
      evidence,
      remedies: [
        { text: "Look at some inputs with their labels; shuffle inputs and labels by the same order." },
        { text: "If they do belong together: the problem may be too hard for so few examples." },
      ],
      references: [
        {
          title: "Zhang et al., Understanding deep learning requires rethinking generalization (2017)",
          url: "https://arxiv.org/abs/1611.03530",
        },
      ],
    },
  }
}

/** One number for each example, and whether it names a class. */
async function targetsOf(
  patient: Patient,
  y: Tensor,
): Promise<{ readonly values: ArrayLike<number>; readonly classes: boolean } | null> {
  const labels = await classLabels(patient)
  if (labels !== null) return { values: labels, classes: true }
  if (!isFloating(y.dtype) || y.numel() !== y.shape[0]) return null
  return { values: await y.data(), classes: false }
}
