import type { Tensor } from "../../tensor/index.ts"
import { add, mean, mul, neg, sign as signOf, sub } from "../../tensor/index.ts"
import type { GradientTransform, ParameterState } from "../transform.ts"
import { stateless } from "../transform.ts"

/** A number, or a function that is asked for it at each step. */
export type Changeable = number | (() => number)

export function readingOf(value: Changeable): () => number {
  return typeof value === "function" ? value : () => value
}

/** Gradients as they are. */
export function identity(): GradientTransform {
  return stateless((updates) => updates)
}

/** u = −g: climbs instead of descending. */
export function negate(): GradientTransform {
  return stateless((updates) => updates.map((g) => neg(g)))
}

/** u = sign(g) */
export function sign(): GradientTransform {
  return stateless((updates) => updates.map((g) => signOf(g)))
}

/** u = factor·g */
export function scale(factor: Changeable): GradientTransform {
  return stateless((updates, _, context) => {
    const number = context.scalar(readingOf(factor))
    return updates.map((g) => mul(g, number))
  })
}

/** u = −lr·g, with the learning rate of the step. */
export function scaleByLearningRate(): GradientTransform {
  return stateless((updates, _, context) => {
    const factor = context.scalar(() => -context.lr())
    return updates.map((g) => mul(g, factor))
  })
}

/** Chooses parameters: all of them when there is none. */
export type Mask = ((param: Tensor) => boolean) | null

/**
 * u = g + rate·θ. At the front of a chain that is the gradient of an L2 penalty ½·rate·|θ|²; right before the learning
 * rate it is decoupled weight decay (Loshchilov & Hutter, arXiv:1711.05101v3).
 *
 * @param options.mask which parameters decay; default: all
 *
 * @example transforms.addDecayedWeights(0.01, { mask: (param) => param.ndim > 1 })
 */
export function addDecayedWeights(
  rate: Changeable,
  { mask = null }: { readonly mask?: Mask } = {},
): GradientTransform {
  const reading = readingOf(rate)
  if (reading() === 0) return identity()
  return stateless((updates, params, context) => {
    const factor = context.scalar(reading)
    return updates.map((g, i) => (mask === null || mask(params[i]!) ? add(g, mul(params[i]!, factor)) : g))
  })
}

/**
 * Gradient centralisation (Yong et al., arXiv:2004.01461v2): from each gradient with more than one dimension the mean of
 * each output's slice is taken, u = g − mean(g over all dimensions but the first).
 */
export function centralize(): GradientTransform {
  return stateless((updates) =>
    updates.map((g) => {
      if (g.ndim < 2) return g
      const dims = Array.from({ length: g.ndim - 1 }, (_, i) => i + 1)
      return sub(g, mean(g, dims, { keepdim: true }))
    }),
  )
}

/** A transform for some parameters only; the gradients of others stay as they are. */
export function masked(inner: GradientTransform, mask: (param: Tensor) => boolean): GradientTransform {
  return {
    state: inner.state,
    init: (param) => (mask(param) ? inner.init(param) : {}),
    update(updates, states, params, context) {
      const places = params.flatMap((param, i) => (mask(param) ? [i] : []))
      const chosen = <T>(list: readonly T[]): T[] => places.map((i) => list[i]!)
      const step = (i: number): number => context.step(places[i]!)
      const result = inner.update(chosen(updates), chosen(states), chosen(params), { ...context, step })
      const merged = { updates: [...updates], states: [...states] as ParameterState[] }
      places.forEach((place, i) => {
        merged.updates[place] = result.updates[i]!
        merged.states[place] = result.states[i]!
      })
      return merged
    },
  }
}
