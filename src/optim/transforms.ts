import { add, div, maximum, mul, neg, sqrt } from "../tensor/index.ts"
import type { GradientTransform } from "./transform.ts"
import { perParameter, stateless, zerosOf } from "./transform.ts"

/** Gradients as they are. */
export function identity(): GradientTransform {
  return stateless((updates) => updates)
}

/** u = −g: climbs instead of descending. */
export function negate(): GradientTransform {
  return stateless((updates) => updates.map((g) => neg(g)))
}

/** u = g + rate·θ: the gradient of an L2 penalty ½·rate·|θ|² is added. */
export function addDecayedWeights(rate: number): GradientTransform {
  if (rate === 0) return identity()
  return stateless((updates, params, context) => {
    const factor = context.scalar(() => rate)
    return updates.map((g, i) => add(g, mul(params[i]!, factor)))
  })
}

/** u = −lr·g, with the learning rate of the step. */
export function scaleByLearningRate(): GradientTransform {
  return stateless((updates, _, context) => {
    const factor = context.scalar(() => -context.lr())
    return updates.map((g) => mul(g, factor))
  })
}

/** u = factor·g */
export function scale(factor: number): GradientTransform {
  return stateless((updates, _, context) => {
    const number = context.scalar(() => factor)
    return updates.map((g) => mul(g, number))
  })
}

export interface TraceOptions {
  readonly momentum: number
  /** Default: 0. */
  readonly dampening?: number
  /** Default: false. */
  readonly nesterov?: boolean
}

/**
 * Momentum: b = momentum·b + (1 − dampening)·g, u = b; with Nesterov's look ahead u = g + momentum·b. In the first step
 * b = g, as in PyTorch.
 */
export function trace({ momentum, dampening = 0, nesterov = false }: TraceOptions): GradientTransform {
  if (momentum === 0) return identity()
  return perParameter({
    state: ["momentumBuffer"],
    init: (param) => ({ momentumBuffer: zerosOf(param) }),
    numbers: (context, step) => ({
      decay: context.scalar(() => momentum),
      share: dampening === 0 ? null : context.scalar(() => (step() === 1 ? 1 : 1 - dampening)),
    }),
    update(g, { momentumBuffer }, { decay, share }) {
      const buffer = add(mul(momentumBuffer, decay), share === null ? g : mul(g, share))
      return [nesterov ? add(g, mul(buffer, decay)) : buffer, { momentumBuffer: buffer }]
    },
  })
}

export interface AdamScaleOptions {
  /** Decay of the averages of the gradient and of its square. Default: [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the denominator. Default: 1e-8. */
  readonly eps?: number
  /** Whether the averages are divided by 1 − βᵗ, which makes up for their start at 0. Default: true. */
  readonly biasCorrection?: boolean
  /** Whether the largest v so far stands in the denominator (AMSGrad). Default: false. */
  readonly amsgrad?: boolean
}

/**
 * Adam's direction: m = β₁·m + (1 − β₁)·g, v = β₂·v + (1 − β₂)·g², u = m̂/(√v̂ + eps), with m̂ = m/(1 − β₁ᵗ) and
 * v̂ = v/(1 − β₂ᵗ).
 */
export function scaleByAdam(options: AdamScaleOptions = {}): GradientTransform {
  const { betas = [0.9, 0.999], eps = 1e-8, biasCorrection = true, amsgrad = false } = options
  const [beta1, beta2] = betas
  const names = ["expAvg", "expAvgSq", ...(amsgrad ? ["maxExpAvgSq"] : [])]
  return perParameter({
    state: names,
    init: (param) => Object.fromEntries(names.map((name) => [name, zerosOf(param)])),
    numbers: ({ scalar }, step) => ({
      beta1: scalar(() => beta1),
      rest1: scalar(() => 1 - beta1),
      beta2: scalar(() => beta2),
      rest2: scalar(() => 1 - beta2),
      eps: scalar(() => eps),
      mean: biasCorrection ? scalar(() => 1 / (1 - beta1 ** step())) : null,
      root: biasCorrection ? scalar(() => 1 / Math.sqrt(1 - beta2 ** step())) : null,
    }),
    update(g, state, n) {
      const expAvg = add(mul(state.expAvg!, n.beta1), mul(g, n.rest1))
      const expAvgSq = add(mul(state.expAvgSq!, n.beta2), mul(mul(g, g), n.rest2))
      const largest = amsgrad ? { maxExpAvgSq: maximum(state.maxExpAvgSq!, expAvgSq) } : {}
      const { maxExpAvgSq: square = expAvgSq } = largest
      const direction = n.mean === null ? expAvg : mul(expAvg, n.mean)
      const root = n.root === null ? sqrt(square) : mul(sqrt(square), n.root)
      return [div(direction, add(root, n.eps)), { expAvg, expAvgSq, ...largest }]
    },
  })
}
