import type { Tensor } from "../tensor/index.ts"
import { add, mul, zeros } from "../tensor/index.ts"

/** What a transform keeps for one parameter from step to step, by name. */
export type ParameterState = Readonly<Record<string, Tensor>>

/** What a transform is told about a step. */
export interface StepContext {
  /** Learning rate of the group, at the time of the step. */
  lr(): number
  /** The number of this step for the i-th parameter, from 1. */
  step(i: number): number
  /**
   * A number as a 0-d tensor. It is an input of the step's program and not part of it, so that another number makes no
   * new program: numbers that may change from step to step must go this way. It is given as a function, which is asked
   * again when a captured step is replayed.
   */
  scalar(value: () => number): Tensor
}

/** What comes out of a transform: for each parameter its update and its new state. */
export interface Transformed {
  readonly updates: readonly Tensor[]
  readonly states: readonly ParameterState[]
}

/**
 * A pure function from gradients to updates, as in optax. Optimizers are chains of transforms: what the last one gives
 * is added to the parameters.
 */
export interface GradientTransform {
  /** Names of what is kept for a parameter; some may be kept for some parameters only. */
  readonly state: readonly string[]
  /** The state of a parameter before its first step. */
  init(param: Tensor): ParameterState
  /** Lists are parallel: one entry for each parameter that has a gradient. */
  update(
    updates: readonly Tensor[],
    states: readonly ParameterState[],
    params: readonly Tensor[],
    context: StepContext,
  ): Transformed
}

/** Transforms one after another: the updates of each are the gradients of the next. */
export function chain(...transforms: readonly GradientTransform[]): GradientTransform {
  const names = distinctNames(transforms)
  return {
    state: names.flat(),
    init: (param) =>
      Object.assign({}, ...transforms.map((part, i) => rename(part.init(param), part.state, names[i]!))),
    update(updates, states, params, context) {
      let current = updates
      const next = states.map((): Record<string, Tensor> => ({}))
      transforms.forEach((part, i) => {
        const own = states.map((state) => rename(state, names[i]!, part.state))
        const result = part.update(current, own, params, context)
        current = result.updates
        result.states.forEach((state, at) => {
          Object.assign(next[at]!, rename(state, part.state, names[i]!))
        })
      })
      return { updates: current, states: next }
    },
  }
}

/** A name for each part's state; a name that is taken already gets a number: momentum, momentum2. */
function distinctNames(transforms: readonly GradientTransform[]): string[][] {
  const taken = new Set<string>()
  return transforms.map(({ state }) =>
    state.map((name) => {
      let free = name
      for (let n = 2; taken.has(free); n++) free = `${name}${n}`
      taken.add(free)
      return free
    }),
  )
}

function rename(
  state: ParameterState,
  from: readonly string[],
  to: readonly string[],
): Record<string, Tensor> {
  const out: Record<string, Tensor> = {}
  from.forEach((name, i) => {
    const kept = state[name]
    if (kept !== undefined) out[to[i]!] = kept
  })
  return out
}

/** A transform that keeps nothing. */
export function stateless(
  update: (updates: readonly Tensor[], params: readonly Tensor[], context: StepContext) => readonly Tensor[],
): GradientTransform {
  return {
    state: [],
    init: () => ({}),
    update: (updates, states, params, context) => ({ updates: update(updates, params, context), states }),
  }
}

export interface PerParameter<Name extends string, Numbers> {
  readonly state: readonly Name[]
  init(param: Tensor): Record<Name, Tensor>
  /** Numbers of a step, made once for all parameters that are at the same step; `step` gives its number, from 1. */
  numbers(context: StepContext, step: () => number): Numbers
  /** The update of one parameter, and its new state. */
  update(
    gradient: Tensor,
    state: Readonly<Record<Name, Tensor>>,
    numbers: Numbers,
    param: Tensor,
  ): readonly [update: Tensor, state: Record<Name, Tensor>]
}

/** A transform that treats each parameter by itself. */
export function perParameter<Name extends string, Numbers>(
  spec: PerParameter<Name, Numbers>,
): GradientTransform {
  return {
    state: spec.state,
    init: (param) => spec.init(param),
    update(updates, states, params, context) {
      const known = new Map<number, Numbers>()
      const numbersOf = (i: number): Numbers => {
        const step = context.step(i)
        let numbers = known.get(step)
        if (numbers === undefined) known.set(step, (numbers = spec.numbers(context, () => context.step(i))))
        return numbers
      }
      const results = updates.map((gradient, i) =>
        spec.update(gradient, states[i] as Record<Name, Tensor>, numbersOf(i), params[i]!),
      )
      return { updates: results.map(([update]) => update), states: results.map(([, state]) => state) }
    },
  }
}

/** Zeros of a parameter's shape and type, as a value in memory: the first step is then no other program than the rest. */
export function zerosOf(param: Tensor): Tensor {
  return zeros(param.shape, { dtype: param.dtype }).realize()
}

/** A first state in which every name stands for zeros of the parameter's shape. */
export function zeroState<Name extends string>(...names: readonly Name[]) {
  return (param: Tensor): Record<Name, Tensor> =>
    Object.fromEntries(names.map((name) => [name, zerosOf(param)])) as Record<Name, Tensor>
}

/** The rate of a running average, as inputs of the program: how much stays, and how much is taken from the new. */
export interface Decay {
  readonly stay: Tensor
  readonly take: Tensor
}

export function decayOf({ scalar }: StepContext, rate: () => number): Decay {
  return { stay: scalar(rate), take: scalar(() => 1 - rate()) }
}

/** The next value of a running average: rate·old + (1 − rate)·value. */
export function average(old: Tensor, value: Tensor, { stay, take }: Decay): Tensor {
  return add(mul(old, stay), mul(value, take))
}
