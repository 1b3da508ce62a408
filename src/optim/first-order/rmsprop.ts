import { add, div, mul, sqrt, sub } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { decay, flag, nonNegative } from "../rules.ts"
import type { Decay, GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter, zeroState } from "../transform.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"
import { trace } from "../transforms/momentum.ts"

export interface RmsScaleOptions {
  /** Decay of the averages. Default: 0.99. */
  readonly alpha?: number
  /** Added to the denominator. Default: 1e-8. */
  readonly eps?: number
  /** Whether the gradient's variance stands in the denominator, and not its mean square. Default: false. */
  readonly centered?: boolean
}

/** RMSProp's direction: v = α·v + (1 − α)·g², u = g/(√v + eps); centered √(v − ḡ²) with ḡ = α·ḡ + (1 − α)·g. */
export function scaleByRms(options: RmsScaleOptions = {}): GradientTransform {
  const { centered = false } = options
  const names = ["squareAvg", ...(centered ? ["gradAvg"] : [])]
  return perParameter<string, { decay: Decay; eps: Decay["stay"] }>({
    state: names,
    init: zeroState(...names),
    numbers: (context) => ({
      decay: decayOf(context, () => options.alpha ?? 0.99),
      eps: context.scalar(() => options.eps ?? 1e-8),
    }),
    update(g, state, { decay, eps }) {
      const squareAvg = average(state.squareAvg!, mul(g, g), decay)
      if (!centered) return [div(g, add(sqrt(squareAvg), eps)), { squareAvg }]
      const gradAvg = average(state.gradAvg!, g, decay)
      const variance = sub(squareAvg, mul(gradAvg, gradAvg))
      return [div(g, add(sqrt(variance), eps)), { squareAvg, gradAvg }]
    },
  })
}

export interface RMSpropOptions extends BaseOptions {
  /** α in [0, 1). Default: 0.99. */
  alpha?: number
  /** ε ≥ 0. Default: 1e-8. */
  eps?: number
  /** λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
  /** μ ≥ 0. Default: 0. */
  momentum?: number
  /** Whether the mean is taken from the mean square. Default: false. */
  centered?: boolean
}

/**
 * RMSProp (Tieleman & Hinton, Lecture 6.5 of "Neural Networks for Machine Learning", 2012; centered: Graves,
 * arXiv:1308.0850v5).
 *
 *     g = ∇L(θ) + λ·θ                        λ: weightDecay; −∇L(θ) with maximize
 *     v = α·v + (1 − α)·g²                   α: alpha; centered: less the square of the average of g
 *     b = μ·b + g/(√v + ε)                   μ: momentum, ε: eps
 *     θ = θ − η·b                            η: lr
 *
 * Departs from the lecture as PyTorch does: ε stands outside the root, and there may be momentum.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.RMSprop(model.parameters(), { lr: 1e-3, momentum: 0.9 })
 */
export class RMSprop extends ChainedOptimizer<RMSpropOptions> {
  constructor(params: Params<RMSpropOptions>, options: RMSpropOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-2,
        alpha: 0.99,
        eps: 1e-8,
        weightDecay: 0,
        momentum: 0,
        centered: false,
        maximize: false,
      },
      rules: {
        alpha: decay,
        eps: nonNegative,
        weightDecay: nonNegative,
        momentum: nonNegative,
        centered: flag,
      },
    })
  }

  override transform(group: ParameterGroup<RMSpropOptions>): GradientTransform {
    return chain(
      addDecayedWeights(() => group.weightDecay),
      scaleByRms(group),
      trace(group),
      scaleByLearningRate(),
    )
  }
}

export function rmsprop(params: Params<RMSpropOptions>, options: RMSpropOptions = {}): RMSprop {
  return new RMSprop(params, options)
}
