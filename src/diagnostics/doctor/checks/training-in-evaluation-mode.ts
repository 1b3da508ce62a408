import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import { batchesTracked, dependsOnMode, modesSeen } from "../measurements/modes.ts"
import type { Patient } from "../patient.ts"

/** Dropout does nothing then, and batch norm trains against statistics that stand still. */
export const trainingInEvaluationMode: Check = {
  name: "training-in-evaluation-mode",
  title: "the model is trained in evaluation mode",
  causes: [
    "batch-norm-stale",
    "overfitting",
    "evaluation-in-training-mode",
    "rate-too-high",
    "rate-too-low",
    "stuck",
  ],
  async examine(patient: Patient): Promise<Verdict> {
    const concerned = patient.model.namedModules().filter(([, module]) => dependsOnMode(module))
    if (concerned.length === 0) return { skipped: "no layer works differently in training and evaluation" }
    const tracked = await batchesTracked(patient)
    const steps = stepsOf(patient)
    const evidence: Evidence[] = []
    let wrong = false
    if (tracked !== null && steps > 0) {
      wrong = tracked < steps / 10
      evidence.push({
        what: `batches that batch norm has counted, of ${steps} steps`,
        measured: tracked,
        threshold: `at least ${Math.ceil(steps / 10)}`,
        why: "each pass in training mode counts one; a training that counts none goes by statistics that stand still",
        excess: steps / Math.max(1, 10 * tracked),
      })
    }
    const watched = await watchedStep(patient)
    // A model that was evaluated last is in evaluation mode here, and its own loop may end that before its steps.
    if (watched !== null && !(tracked !== null && tracked >= steps / 10 && steps > 0)) {
      wrong ||= watched.asFound > 0
      evidence.push({
        what: "calls of dropout and batch norm in evaluation mode, in one training step",
        measured: watched.asFound,
        threshold: "0",
        why: "both are meant to regularise by the training mode's noise",
        excess: 1 + watched.asFound,
      })
    }
    if (evidence.length === 0) return { skipped: "no training step was given, and none has been made" }
    if (!wrong) return { fine: evidence }
    return {
      finding: {
        severity: "error",
        layers: concerned.map(([path]) => path),
        explanation:
          "The steps run while dropout and batch norm are in evaluation mode: nothing is dropped, and statistics are never brought up to date.",
        evidence,
        remedies: [
          {
            text: "set the mode before the steps of each epoch, since an evaluation changes it",
            code: "model.train()",
          },
        ],
        references: [
          {
            title: "Ioffe & Szegedy 2015, Batch normalization, algorithm 2",
            url: "https://arxiv.org/abs/1502.03167",
          },
        ],
      },
    }
  },
}

function stepsOf({ optimizer, history }: Patient): number {
  return Math.max(optimizer?.steps ?? 0, history.steps.at(-1)?.step ?? 0)
}

/** Modes in one of the caller's steps, with the model as it was brought here. */
async function watchedStep(patient: Patient): Promise<{ readonly asFound: number } | null> {
  const { step } = patient.options
  const [x, y] = patient.batches[0]!
  if (step === undefined) return null
  return patient.measure("modes of a step", async () => {
    const seen = await modesSeen(patient.model, () => step(x, y))
    return { asFound: seen.filter(({ training, withGradient }) => withGradient && !training).length }
  })
}
