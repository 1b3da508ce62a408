import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import { gradientSizes } from "../measurements/gradients.ts"
import type { OptimizerSettings } from "../optimizer-settings.ts"
import type { Patient } from "../patient.ts"

/** Optimizers whose decay acts on the weights directly, by lr·λ in each step. */
const DECOUPLED = /adamw|lion|lamb|sophia|muon|lars/
const STEPS = 40

/** A decay that outweighs what the data say shrinks the weights whatever they are for. */
export const weightDecayStrong: Check = {
  name: "weight-decay-strong",
  title: "weight decay is too strong",
  causes: [
    ...["rate-too-low", "rate-too-high", "stuck", "under-capacity", "vanishing", "weights-too-small"],
    ...["weight-decay-on-biases", "gradient-noise", "ill-conditioned-loss", "overfitting"],
  ],
  async examine(patient: Patient): Promise<Verdict> {
    const { optimizer } = patient
    if (optimizer === null) return { skipped: "no optimizer was given" }
    const strongest = Math.max(...optimizer.groups.map(({ weightDecay }) => weightDecay))
    if (!(strongest > 0)) return { skipped: "there is no weight decay" }
    const horizon = Math.min(...optimizer.groups.map(({ lr, weightDecay }) => 1 / (lr * weightDecay)))
    const evidence: Evidence[] = []
    const forgets: Evidence = {
      what: "steps in which weights are forgotten, 1/(lr·λ)",
      measured: horizon,
      threshold: "at least 100",
      why: "weights are an average of the updates of so many steps (Wang & Aitchison 2024, arXiv:2405.13698); a hundred batches say little about the data",
    }
    evidence.push(forgets)
    const pull = DECOUPLED.test(optimizer.kind) ? null : await pullOf(patient, optimizer)
    if (pull !== null) evidence.push(pull)
    const outweighs = pull !== null && !patient.trained && Number(pull.measured) > 1
    const trial = await comparison(patient)
    if (trial !== null) evidence.push(trial.evidence)
    if (!(outweighs || horizon < 100 || trial?.worse)) return { fine: evidence }
    const order = (one: Evidence): number =>
      one === trial?.evidence && trial.worse ? 0 : one === forgets ? 1 : 2
    return {
      finding: {
        severity: trial?.worse || horizon < 100 ? "error" : "warning",
        layers: [],
        explanation: `With λ = ${strongest} the decay outweighs the gradient of the data: the weights shrink whatever they are for.`,
        evidence: [...evidence].sort((a, b) => order(a) - order(b)),
        explains: ["dead-relu", "vanishing", "weights-too-small"],
        remedies: [
          {
            text: "make it weaker by a factor of 10 to 100",
            code: `weightDecay: ${Number((strongest / 100).toPrecision(1))}`,
          },
        ],
        references: [
          {
            title: "Loshchilov & Hutter 2019, Decoupled weight decay regularization",
            url: "https://arxiv.org/abs/1711.05101",
          },
          { title: "Wang & Aitchison 2024", url: "https://arxiv.org/abs/2405.13698" },
        ],
      },
    }
  },
}

/** λ·|w| against |g|, of the parameters that decay. */
async function pullOf(patient: Patient, { groups }: OptimizerSettings): Promise<Evidence | null> {
  const decay = new Map(
    groups.flatMap(({ params, weightDecay }) => params.map((p) => [p, weightDecay] as const)),
  )
  const { parameters } = await gradientSizes(patient)
  if (parameters.length === 0) return null
  let [pulled, pushed] = [0, 0]
  for (const [i, [, param]] of patient.model.namedParameters().entries()) {
    const λ = decay.get(param) ?? 0
    if (λ === 0) continue
    pulled += (λ * parameters[i]!.weight) ** 2
    pushed += parameters[i]!.norm ** 2
  }
  return {
    what: "pull of the decay against that of the data, λ·|w|/|g|",
    measured: Math.sqrt(pulled / pushed),
    threshold: "at most 1 before training",
    why: "above 1 the sum of both gradients points to 0 rather than to what the data want",
  }
}

/** The same steps with and without decay, judged by the loss of the data alone. */
async function comparison(
  patient: Patient,
): Promise<{ readonly evidence: Evidence; readonly worse: boolean } | null> {
  const [given, free] = await Promise.all([
    patient.trial({ steps: STEPS }),
    patient.trial({ steps: STEPS, withoutDecay: true }),
  ])
  if (given === null || free === null) return null
  const noise = Math.hypot(given.error, free.error)
  const worse = free.finite && given.after - free.after > 2 * noise && free.after < 0.75 * given.after
  return {
    worse,
    evidence: {
      what: `loss after ${STEPS} steps with decay, over that without`,
      measured: given.after / free.after,
      threshold: "at most 1.33, or within 2 standard errors",
      why: "a regulariser that costs a quarter of the training loss within so few steps decides the training",
    },
  }
}
