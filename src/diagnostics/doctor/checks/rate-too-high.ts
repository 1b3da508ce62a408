import { noGrad, zerosLike } from "../../../tensor/index.ts"
import type { Check, Verdict } from "../check.ts"
import type { Evidence, Finding } from "../finding.ts"
import type { Trial } from "../measurements/trial.ts"
import type { OptimizerSettings } from "../optimizer-settings.ts"
import type { Patient } from "../patient.ts"

const STEPS = 40

/** The same training with a tenth of the rate, as an experiment; and 2/λmax, as its explanation. */
export const rateTooHigh: Check = {
  name: "rate-too-high",
  title: "the learning rate is too high",
  causes: ["stuck", "overfitting", "ill-conditioned-loss", "under-capacity"],
  async examine(patient: Patient): Promise<Verdict> {
    const { optimizer } = patient
    if (optimizer === null) return { skipped: "no optimizer was given" }
    const told = rose(patient)
    const own = await patient.trial({ steps: STEPS })
    if (own === null || !Number.isFinite(own.before))
      return told === null ? { skipped: "the loss is not finite before any step" } : diverged(told, optimizer)
    if (told !== null) return diverged(told, optimizer)
    const evidence: Evidence[] = [...(await stability(patient, optimizer))]
    // A rate that serves well needs no second trial.
    const uninformed = await uninformedLoss(patient)
    if (own.finite && own.after < 0.5 * own.before && own.after < 0.5 * uninformed) {
      return { fine: [progress(own, "the configured rate"), ...evidence] }
    }
    const slow = await slower(patient, own, uninformed)
    evidence.unshift(compared(own, slow.trial, slow.factor))
    const { severity } = slow
    if (severity === null) return { fine: evidence }
    const stable = evidence.find(({ what }) => what.startsWith("learning rate over"))
    const rate = Number((optimizer.lr * slow.factor).toPrecision(2))
    return {
      finding: {
        severity,
        layers: [],
        explanation: [
          own.finite
            ? `With lr = ${optimizer.lr} the loss goes from ${short(own.before)} to ${short(own.after)} in ${STEPS} steps; with ${rate} it goes to ${short(slow.trial.after)}.`
            : `With lr = ${optimizer.lr} the loss is not finite after ${own.losses.length} steps; with ${rate} it goes from ${short(own.before)} to ${short(slow.trial.after)}.`,
          stable === undefined ? "" : "The step is longer than the curvature of the loss allows.",
        ]
          .join(" ")
          .trim(),
        evidence,
        // Units that are alive now die by these steps only.
        explains: (await alive(patient)) ? ["dead-relu", "saturated"] : [],
        remedies: [
          { text: "lower the rate by a factor of 3 to 10", code: `optimizer.lr = ${rate}` },
          { text: "find it by a range test", code: "nabla find-lr CONFIG" },
          {
            text: "clip the gradient's norm if single batches do it",
            code: "nn.clipGradNorm_(model.parameters(), 1)",
          },
        ],
        references: [
          { title: "LeCun et al. 1998, Efficient BackProp, section 4.5" },
          {
            title: "Cohen et al. 2021, Gradient descent typically occurs at the edge of stability",
            url: "https://arxiv.org/abs/2103.00065",
          },
        ],
      },
    }
  },
}

interface Slower {
  readonly trial: Trial
  readonly factor: number
  readonly severity: Finding["severity"] | null
}

/** A tenth of the rate; where that does no better, a hundredth, and less where even that diverges. */
async function slower(patient: Patient, own: Trial, uninformed: number): Promise<Slower> {
  let last: Slower | null = null
  for (const factor of [0.1, 0.01, 1e-4]) {
    const trial = (await patient.trial({ steps: STEPS, rate: factor }))!
    last = { trial, factor, severity: verdict(own, trial, uninformed) }
    if (last.severity !== null || (factor === 0.01 && trial.finite && own.finite)) break
  }
  return last!
}

function verdict(own: Trial, slow: Trial, uninformed: number): Finding["severity"] | null {
  if (!slow.finite) return null
  const gains = slow.before - slow.after > 2 * slow.error
  if (!own.finite) return gains || slow.after <= slow.before ? "error" : null
  if (!(own.after - slow.after > 3 * Math.hypot(own.error, slow.error))) return null
  // A loss that is next to nothing rises by chance.
  if (own.after < 0.05 * uninformed) return null
  const rises = own.after - own.before > 2 * own.error && own.after > 1.1 * own.before
  if (rises) return gains || slow.after <= 1.02 * slow.before ? "error" : null
  if (!gains || slow.after > 0.75 * own.after) return null
  // Near a minimum a lower rate always does better; far from it that one gets nowhere is the rate's fault.
  const nowhere = own.after > 0.5 * uninformed && own.after > 0.95 * own.before
  return nowhere || own.after > 0.95 * uninformed ? "error" : "warning"
}

/** Whether few units are saturated for all examples, with the weights as they are. */
async function alive(patient: Patient): Promise<boolean> {
  const { layers } = await patient.pass()
  return layers.every(({ units = 0, deadUnits = 0 }) => deadUnits <= 0.4 * units)
}

/** What it costs to answer 0 always; infinite where the loss has no value there. */
function uninformedLoss(patient: Patient): Promise<number> {
  return patient.measure("uninformed loss", async () => {
    const [x, y] = patient.batch
    patient.model.eval()
    const value = noGrad(() => patient.loss(zerosLike(patient.model.forward(x)), y))
    return Number(await value.item())
  })
}

/** The training so far, where its loss rose and stayed up. */
function rose({ history: { steps } }: Patient): Evidence | null {
  if (steps.length < 8) return null
  const first = steps.slice(0, 2).reduce((least, { loss }) => Math.min(least, loss), Infinity)
  const late = steps.slice(-Math.ceil(steps.length / 4)).map(({ loss }) => loss)
  const settled = late.every(Number.isFinite)
    ? late.sort((a, b) => a - b)[Math.floor(late.length / 2)]!
    : Infinity
  const highest = Math.max(...steps.map(({ loss }) => (Number.isFinite(loss) ? loss : Infinity)))
  const ratio = settled / first
  const wrong = ratio > 1.2 || (highest > 5 * first && ratio > 0.9)
  if (!wrong) return null
  return {
    what: "loss of the last quarter of the steps so far, over that of the first step",
    measured: ratio,
    threshold: "below 1, without peaks of 5 times the first",
    why: "a step that is short enough lowers the loss; one that is too long raises it, and may throw the weights where nothing learns",
    excess: highest / first,
  }
}

function diverged(evidence: Evidence, { lr }: OptimizerSettings): Verdict {
  return {
    finding: {
      severity: "error",
      layers: [],
      explanation: `With lr = ${lr} the loss rose in the training so far. The weights may be where a lower rate no longer helps: begin anew.`,
      evidence: [evidence],
      explains: ["dead-relu", "saturated", "vanishing", "exploding", "no-gradient", "non-finite"],
      remedies: [
        {
          text: "begin anew with a tenth of the rate",
          code: `optimizer.lr = ${Number((lr / 10).toPrecision(2))}`,
        },
      ],
      references: [{ title: "LeCun et al. 1998, Efficient BackProp, section 4.5" }],
    },
  }
}

function compared(own: Trial, slow: Trial, factor: number): Evidence {
  const measured = own.finite ? own.after / slow.after : Number.POSITIVE_INFINITY
  return {
    what: `loss after ${STEPS} steps, over that with ${factor} of the rate`,
    measured,
    threshold: "at most 1.33, or within 3 standard errors",
    why: "a rate below the stable one makes progress in proportion to it: ten times slower can only be better where the longer step overshoots",
    excess: measured / 1.33,
  }
}

function progress(own: Trial, of: string): Evidence {
  return {
    what: `loss after ${own.steps} steps, over that before, with ${of}`,
    measured: own.after / own.before,
    threshold: "below 0.5 no slower one is tried",
    why: "a rate above the stable one raises the loss",
  }
}

/** lr over the largest stable one of a quadratic with this curvature. */
async function stability(patient: Patient, optimizer: OptimizerSettings): Promise<Evidence[]> {
  if (optimizer.adaptive || !/sgd|momentum/.test(optimizer.kind)) return []
  try {
    const { largest } = await patient.curvature()
    const λ = largest[0] ?? 0
    if (!(λ > 0)) return []
    const { momentum: β, nesterov, lr } = optimizer
    const limit = (2 + 2 * β) / (λ * (nesterov ? 1 + 2 * β : 1))
    return [
      {
        what: `learning rate over the largest stable one, ${β > 0 ? "(2 + 2β)" : "2"}/λmax = ${short(limit)}`,
        measured: lr / limit,
        threshold: "about 1 or less",
        why: "beyond it gradient descent diverges along the steepest direction of the quadratic model; trainings may ride at 1 (Cohen et al. 2021)",
      },
    ]
  } catch {
    return []
  }
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}
