import type { Tensor } from "../../tensor/index.ts"

/** What the doctor needs of an optimizer: nabla's own have it all. */
export interface OptimizerLike {
  readonly paramGroups: readonly (object & { readonly params: readonly Tensor[] })[]
  /** Steps made so far. */
  readonly steps?: number
  step(closure?: () => Tensor): unknown
  zeroGrad(): void
  stateDict?(): unknown
  loadStateDict?(state: never): void
}

/** The options of one group of parameters. */
export interface GroupSettings {
  readonly params: readonly Tensor[]
  /** At the present step. */
  readonly lr: number
  readonly weightDecay: number
}

/** An optimizer's options as they are, whatever its kind. Absent ones are null. */
export interface OptimizerSettings {
  /** Name of its class, in lower case: "sgd", "adam", "adamw". */
  readonly kind: string
  readonly steps: number
  /** Of the first group, at the present step. */
  readonly lr: number
  /** The rate as a function of the step, if it is one. */
  readonly schedule: ((step: number) => number) | null
  readonly momentum: number
  readonly nesterov: boolean
  readonly weightDecay: number
  readonly betas: readonly [number, number] | null
  readonly eps: number | null
  readonly biasCorrection: boolean | null
  /** Whether steps are divided by an average of the gradient's size, so that 2/λmax is no bound of the rate. */
  readonly adaptive: boolean
  readonly groups: readonly GroupSettings[]
}

const ADAPTIVE =
  /adam|adagrad|adadelta|adafactor|adabelief|adabound|adamax|rmsprop|rprop|yogi|lamb|lion|sophia|shampoo|muon|lars/

export function optimizerSettings(optimizer: OptimizerLike): OptimizerSettings {
  const steps = optimizer.steps ?? 0
  const groups = optimizer.paramGroups.map((group): GroupSettings => {
    const { lr, weightDecay = 0 } = group as { lr?: unknown; weightDecay?: number }
    return { params: group.params, lr: rateAt(lr, steps), weightDecay }
  })
  const first = (optimizer.paramGroups[0] ?? {}) as Readonly<Record<string, unknown>>
  const kind = optimizer.constructor.name.toLowerCase()
  return {
    ...{ kind, steps, groups },
    lr: groups[0]?.lr ?? 0,
    schedule: typeof first.lr === "function" ? (first.lr as (step: number) => number) : null,
    momentum: numberOr(first.momentum, 0),
    nesterov: first.nesterov === true,
    weightDecay: numberOr(first.weightDecay, 0),
    betas: Array.isArray(first.betas) ? (first.betas as unknown as [number, number]) : null,
    eps: typeof first.eps === "number" ? first.eps : null,
    biasCorrection: typeof first.biasCorrection === "boolean" ? first.biasCorrection : null,
    adaptive: ADAPTIVE.test(kind),
  }
}

function rateAt(lr: unknown, step: number): number {
  return typeof lr === "function" ? Number(lr(step)) : numberOr(lr, NaN)
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise
}
