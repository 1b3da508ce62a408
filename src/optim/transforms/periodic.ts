import type { Tensor } from "../../tensor/index.ts"
import { add, gt, mul, noGrad, sub, where } from "../../tensor/index.ts"
import type { GradientTransform, ParameterState, StepContext } from "../transform.ts"
import { zerosOf } from "../transform.ts"
import type { Changeable } from "./basic.ts"
import { readingOf } from "./basic.ts"

/**
 * For each parameter whether its step is one of every so many, as a 0-d truth value. The choice is made in the program,
 * so that a captured step makes it anew.
 */
export function dueAt(every: Changeable, count: number, { scalar, step }: StepContext): Tensor[] {
  const reading = readingOf(every)
  const known = new Map<number, Tensor>()
  return Array.from({ length: count }, (_, i) => {
    let due = known.get(step(i))
    if (due === undefined) {
      due = gt(
        scalar(() => (step(i) % reading() === 0 ? 1 : 0)),
        0,
      )
      known.set(step(i), due)
    }
    return due
  })
}

/** The state of an inner transform, and one more tensor. */
function nested(inner: GradientTransform, extra: string, first: (param: Tensor) => Tensor) {
  return {
    state: [...inner.state, extra],
    init: (param: Tensor): ParameterState => ({ ...inner.init(param), [extra]: first(param) }),
    innerOf: (state: ParameterState): ParameterState =>
      Object.fromEntries(inner.state.flatMap((name) => (state[name] ? [[name, state[name]]] : []))),
  }
}

/**
 * Gradient accumulation: the mean of `every` gradients goes through the inner transform, and the parameters move at
 * each `every`-th step only.
 *
 * @example optim.chain(transforms.accumulate(optim.chain(transforms.scaleByAdam(), transforms.scaleByLearningRate()), 4))
 */
export function accumulate(inner: GradientTransform, every: Changeable): GradientTransform {
  const { state, init, innerOf } = nested(inner, "accumulated", zerosOf)
  const reading = readingOf(every)
  return {
    state,
    init,
    update(updates, states, params, context) {
      const share = context.scalar(() => 1 / reading())
      const sums = updates.map((g, i) => add(states[i]!.accumulated!, mul(g, share)))
      const due = dueAt(every, updates.length, context)
      const step = (i: number): number => Math.ceil(context.step(i) / reading())
      const own = states.map(innerOf)
      const result = inner.update(sums, own, params, { ...context, step })
      const choose = (i: number, then: Tensor, otherwise: Tensor): Tensor => where(due[i]!, then, otherwise)
      return {
        updates: result.updates.map((u, i) => where(due[i]!, u, 0)),
        states: result.states.map((next, i) => ({
          ...Object.fromEntries(
            Object.entries(next).map(([name, value]) => [name, choose(i, value, own[i]![name]!)]),
          ),
          accumulated: where(due[i]!, 0, sums[i]!),
        })),
      }
    },
  }
}

export interface LookaheadTransformOptions {
  /** How far the slow weights go toward the fast ones, 0 … 1. Default: 0.5. */
  readonly alpha?: number
  /** Steps of the fast weights for each of the slow ones. Default: 5. */
  readonly k?: number
}

/**
 * Lookahead (Zhang et al., arXiv:1907.08610v2) around a transform that ends in a learning rate: the parameters are the
 * fast weights; every k steps the slow ones φ go toward them, φ = φ + alpha·(θ − φ), and θ starts anew from there.
 */
export function lookahead(
  inner: GradientTransform,
  options: LookaheadTransformOptions = {},
): GradientTransform {
  const copy = (param: Tensor): Tensor => noGrad(() => mul(param, 1)).realize()
  const { state, init, innerOf } = nested(inner, "slow", copy)
  return {
    state,
    init,
    update(updates, states, params, context) {
      const alpha = context.scalar(() => options.alpha ?? 0.5)
      const due = dueAt(() => options.k ?? 5, updates.length, context)
      const result = inner.update(updates, states.map(innerOf), params, context)
      const slow = result.updates.map((u, i) => {
        const { slow } = states[i]!
        return where(due[i]!, add(slow!, mul(sub(add(params[i]!, u), slow!), alpha)), slow!)
      })
      return {
        updates: result.updates.map((u, i) => where(due[i]!, sub(slow[i]!, params[i]!), u)),
        states: result.states.map((next, i) => ({ ...next, slow: slow[i]! })),
      }
    },
  }
}
