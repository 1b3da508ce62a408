import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import { batchesTracked, dependsOnMode, modesSeen } from "../measurements/modes.ts"
import type { Patient } from "../patient.ts"

/** Figures of an evaluation in training mode are noisy and too low, and its data leak into batch norm's statistics. */
export const evaluationInTrainingMode: Check = {
  name: "evaluation-in-training-mode",
  title: "the evaluation runs in training mode",
  causes: ["overfitting", "batch-norm-stale"],
  async examine(patient: Patient): Promise<Verdict> {
    const concerned = patient.model.namedModules().filter(([, module]) => dependsOnMode(module))
    if (concerned.length === 0) return { skipped: "no layer works differently in training and evaluation" }
    const evidence = [...(await counted(patient)), ...(await watched(patient))]
    if (evidence.length === 0) return { skipped: "no evaluation was given, and no batches were counted" }
    const wrong = evidence.filter(({ excess = 0 }) => excess > 1)
    if (wrong.length === 0) return { fine: evidence }
    return {
      finding: {
        severity: patient.options.evaluate === undefined ? "warning" : "error",
        layers: concerned.map(([path]) => path),
        explanation:
          "The evaluation drops units and normalises by its own batches, so that its figures depend on the batch and on chance; batch norm takes up statistics of the held-out data.",
        evidence: wrong,
        remedies: [
          {
            text: "set the mode around the evaluation, or let evaluate do it",
            code: "model.eval()\nconst values = noGrad(() => test(model))\nmodel.train()",
          },
        ],
        references: [
          { title: "Srivastava et al. 2014, Dropout", url: "https://jmlr.org/papers/v15/srivastava14a.html" },
        ],
      },
    }
  },
}

/** Forward passes in training mode beyond those that made steps. */
async function counted(patient: Patient): Promise<Evidence[]> {
  const tracked = await batchesTracked(patient)
  const steps = patient.optimizer?.steps ?? 0
  if (tracked === null || steps < 10) return []
  return [
    {
      what: `passes in training mode that batch norm has counted, for each of ${steps} steps`,
      measured: tracked / steps,
      threshold: "at most 1.05 (more where several passes make one step)",
      why: "a step takes one pass; what is beyond them is no training",
      excess: tracked / steps / 1.05,
    },
  ]
}

async function watched(patient: Patient): Promise<Evidence[]> {
  const { evaluate } = patient.options
  if (evaluate === undefined) return []
  const seen = await patient.measure("modes of the evaluation", () => {
    // The loop leaves the model in training mode when it comes to evaluate.
    patient.model.train()
    return modesSeen(patient.model, evaluate)
  })
  const training = seen.filter((one) => one.training).length
  return [
    {
      what: "calls of dropout and batch norm in training mode, in one evaluation",
      measured: training,
      threshold: "0",
      why: "what is evaluated is the model as it will be used",
      excess: training > 0 ? 2 : 0,
    },
  ]
}
