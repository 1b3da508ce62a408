import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import type { ParameterGradient } from "../measurements/gradients.ts"
import { gradientSizes } from "../measurements/gradients.ts"
import type { Patient } from "../patient.ts"

interface Unreached {
  readonly path: string
  readonly reason: string
  readonly elements: number
}

/** Parameters that never learn: out of the graph, behind a detach, frozen, or unknown to the optimizer. */
export const noGradient: Check = {
  name: "no-gradient",
  title: "parameters get no gradient",
  causes: ["under-capacity", "stuck", "rate-too-low", "ill-conditioned-loss", "overfitting"],
  async examine(patient: Patient): Promise<Verdict> {
    const sizes = await gradientSizes(patient)
    if (sizes.failed !== null && patient.model.parameters().some(({ requiresGrad }) => requiresGrad))
      return notAtAll(patient, sizes.failed)
    const unreached =
      sizes.failed === null ? await unreachedOf(patient, sizes.parameters) : allFrozen(patient)
    const all = patient.model.parameters().reduce((sum, p) => sum + p.numel(), 0)
    const count = unreached.reduce((sum, { elements }) => sum + elements, 0)
    const evidence: Evidence = {
      what: "share of the numbers of all parameters that never get a gradient, or are never moved",
      measured: all === 0 ? 0 : count / all,
      threshold: "0",
      why: "what gets no gradient keeps its random initial value",
      excess: 1 + count / Math.max(1, all),
    }
    if (unreached.length === 0) return { fine: [evidence] }
    const onPurpose = unreached.every(({ reason }) => reason === FROZEN)
    return {
      finding: {
        severity: onPurpose ? (count === all ? "error" : "warning") : "error",
        layers: unreached.map(({ path }) => path),
        explanation: explained(unreached),
        evidence: [evidence],
        // Exact zeros may themselves come from dead units; what is out of reach comes from nothing else.
        explains: unreached.every(({ reason }) => reason === ZERO)
          ? []
          : ["vanishing", "dead-relu", "weights-too-small"],
        remedies: remedies(unreached),
        references: [],
      },
    }
  },
}

/** Steps in which each parameter must have moved: more than a loop adds up batches for. */
const STEPS = 16

const FROZEN = "frozen (requiresGrad is false)"
const OUTSIDE = "not part of what the loss is computed from (unused, or behind a detach)"
const UNKNOWN = "not given to the optimizer"
const ZERO = "gets a gradient of exact zeros"
const UNMOVED = "is not moved by a step"

async function unreachedOf(patient: Patient, gradients: readonly ParameterGradient[]): Promise<Unreached[]> {
  const known =
    patient.options.optimizer &&
    new Set(patient.options.optimizer.paramGroups.flatMap(({ params }) => [...params]))
  const named = patient.model.namedParameters()
  const reason = (one: ParameterGradient, i: number): string | null => {
    if (!one.requiresGrad) return FROZEN
    if (!one.reached) return OUTSIDE
    if (known !== undefined && !known.has(named[i]![1])) return UNKNOWN
    return one.rms === 0 && one.finite ? ZERO : null
  }
  const found = gradients.flatMap((one, i) => {
    const why = reason(one, i)
    return why === null ? [] : [{ path: one.path, reason: why, elements: one.elements }]
  })
  // Behind a last layer that begins with zeros, gradients come with the second step.
  const zeros = found.every(({ reason }) => reason === ZERO)
  const later =
    found.length > 0 && zeros ? ((await patient.shortTraining())?.observations.at(-1)?.parameters ?? []) : []
  const learning = new Set(later.filter(({ gradientNorm }) => gradientNorm > 0).map(({ path }) => path))
  const left = found.filter(({ path }) => !learning.has(path))
  return left.length > 0 ? left : unmoved(patient)
}

/** Parameters that the caller's own step leaves where they are. */
async function unmoved(patient: Patient): Promise<Unreached[]> {
  const { step } = patient.options
  if (step === undefined) return []
  return patient.measure("moved by the caller's step", async () => {
    const named = patient.model.namedParameters()
    const before = await Promise.all(named.map(async ([, param]) => (await param.data()).slice()))
    for (let i = 0; i < STEPS; i++) await step(...patient.batches[i % patient.batches.length]!)
    const after = await Promise.all(named.map(([, param]) => param.data()))
    const out = named.flatMap(([path, param], p) =>
      before[p]!.every((value, i) => value === after[p]![i])
        ? [{ path, reason: UNMOVED, elements: param.numel() }]
        : [],
    )
    return out
  })
}

function allFrozen({ model }: Patient): Unreached[] {
  return model.namedParameters().map(([path, param]) => ({ path, reason: FROZEN, elements: param.numel() }))
}

function explained(unreached: readonly Unreached[]): string {
  const reasons = [...new Set(unreached.map(({ reason }) => reason))]
  return reasons
    .map((reason) => {
      const paths = unreached.filter((one) => one.reason === reason).map(({ path }) => path)
      const some = paths.slice(0, 4).join(", ") + (paths.length > 4 ? ` and ${paths.length - 4} more` : "")
      return `${some}: ${reason}.`
    })
    .join(" ")
}

function remedies(unreached: readonly Unreached[]) {
  const has = (reason: string): boolean => unreached.some((one) => one.reason === reason)
  return [
    ...(has(FROZEN)
      ? [{ text: "let them learn, unless they are meant not to", code: "model.requiresGrad_(true)" }]
      : []),
    ...(has(OUTSIDE)
      ? [{ text: "use the layer in forward, and take away detach() and noGrad() before the loss" }]
      : []),
    ...(has(UNKNOWN)
      ? [
          {
            text: "give the optimizer all parameters, after the last layer was added",
            code: "optim.adam(model.parameters(), { lr })",
          },
        ]
      : []),
    ...(has(ZERO) || has(UNMOVED)
      ? [{ text: "look at what multiplies them by 0, or replaces them after each step" }]
      : []),
  ]
}

function notAtAll(patient: Patient, message: string): Verdict {
  return {
    finding: {
      severity: "error",
      layers: patient.model.namedParameters().map(([path]) => path),
      explanation: `There is no backward pass from the loss: ${message.split("\n")[0]}`,
      evidence: [
        {
          what: "parameters that the loss is computed from",
          measured: 0,
          threshold: "all",
          why: "a loss without a graph teaches nothing",
        },
      ],
      remedies: [{ text: "take away detach() and noGrad() between the parameters and the loss" }],
      references: [],
    },
  }
}
