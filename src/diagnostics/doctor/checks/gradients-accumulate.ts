import type { Tensor } from "../../../tensor/index.ts"
import { full } from "../../../tensor/index.ts"
import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import { gradientSizes } from "../measurements/gradients.ts"
import type { OptimizerLike } from "../optimizer-settings.ts"
import type { Patient } from "../patient.ts"

/** Steps after which a mark on the gradients must be gone: two would do for a plain loop, others add up some batches. */
const STEPS = 16
/** Larger than any gradient, and far from where numbers overflow. */
const MARK = 1e12
/** How many times a batch's gradient a sum may be before it is told. */
const MOST_BATCHES = 20

/** Gradients that are never set to zero add up: each step goes by the sum of all before it. */
export const gradientsAccumulate: Check = {
  name: "gradients-accumulate",
  title: "gradients are never set to zero",
  causes: ["rate-too-high", "gradient-noise", "stuck", "under-capacity"],
  async examine(patient: Patient): Promise<Verdict> {
    const evidence = [...(await marked(patient)), ...(await left(patient))]
    if (evidence.length === 0)
      return { skipped: "no training step was given, and no gradients are left on the model" }
    if (evidence.every(({ excess = 0 }) => excess <= 1)) return { fine: evidence }
    return {
      finding: {
        severity: "error",
        layers: [],
        explanation:
          "backward() adds to the gradients that are there. Without zeroGrad() each step goes by the sum of the gradients of all batches so far, most of them of other weights: steps grow and overshoot.",
        evidence: evidence.filter(({ excess = 0 }) => excess > 1),
        explains: [
          "exploding",
          "dead-relu",
          "saturated",
          "vanishing",
          "non-finite",
          "weights-too-large",
          "no-gradient",
        ],
        remedies: [
          {
            text: "forget the old gradients in each step",
            code: "optimizer.zeroGrad()\nloss.backward()\noptimizer.step()",
          },
        ],
        references: [],
      },
    }
  },
}

/** Lays a mark on the gradients and looks whether the caller's own steps ever take it away. The weights stay. */
async function marked(patient: Patient): Promise<Evidence[]> {
  const { step, optimizer } = patient.options
  if (step === undefined || optimizer === undefined) return []
  const measured = await patient.measure("marked gradients", async () => {
    const params = patient.model.parameters().filter(({ requiresGrad }) => requiresGrad)
    for (const param of params) param.grad = full([...param.shape], MARK, { dtype: param.dtype })
    patient.model.train()
    return stillThere(optimizer, params, async () => {
      for (let i = 0; i < STEPS; i++) await step(...patient.batches[i % patient.batches.length]!)
    })
  })
  return [
    {
      what: `share of a mark on the gradients that is still there after ${STEPS} steps`,
      measured,
      threshold: "0",
      why: "zeroGrad() takes away whatever was there; loops that add up several batches call it too",
      excess: measured > 0.5 ? 2 : 0,
    },
  ]
}

/** How much of the mark lies on the gradients after some steps of a loop, during which the optimizer moves nothing. */
async function stillThere(
  optimizer: OptimizerLike,
  params: readonly Tensor[],
  run: () => Promise<void>,
): Promise<number> {
  const own = Object.getOwnPropertyDescriptor(optimizer, "step")
  optimizer.step = (closure?: () => Tensor) => closure?.()
  try {
    await run()
  } finally {
    if (own === undefined) delete (optimizer as { step?: unknown }).step
    else Object.defineProperty(optimizer, "step", own)
  }
  const shares = await Promise.all(
    params.map(async ({ grad }) => (grad === null ? 0 : Math.abs(Number((await grad.data())[0])) / MARK)),
  )
  return shares.length === 0 ? 0 : Math.min(1, Math.max(...shares))
}

/** What lies on the parameters now, against the gradient of a batch. */
async function left(patient: Patient): Promise<Evidence[]> {
  const params = patient.model.parameters().filter(({ grad }) => grad !== null)
  if (params.length === 0) return []
  const there = await patient.measure("gradients as found", () => normOf(params))
  const { parameters } = await gradientSizes(patient)
  const usual = Math.sqrt(parameters.reduce((sum, { rms, elements }) => sum + rms * rms * elements, 0))
  if (!(usual > 0)) return []
  return [
    {
      what: "norm of the gradients that are left on the model, over that of a batch",
      measured: there / usual,
      threshold: `at most ${MOST_BATCHES}`,
      why: "a gradient is of one batch, or of the few that are added up for one step",
      excess: patient.options.step === undefined ? there / usual / MOST_BATCHES : 0,
    },
  ]
}

async function normOf(params: readonly Tensor[]): Promise<number> {
  let sum = 0
  for (const { grad } of params) for (const value of (await grad?.data()) ?? []) sum += value * value
  return Math.sqrt(sum)
}
