import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { choice, flag, nonNegative } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { chain } from "../transform.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"
import { ema, heavyBall, trace } from "../transforms/momentum.ts"

/** The ways in which momentum is written. */
export type MomentumForm = "pytorch" | "sutskever" | "ema" | "heavyBall"

export interface SGDOptions extends BaseOptions {
  /** μ ≥ 0. Default: 0. */
  momentum?: number
  /** τ, the part of the gradient that momentum leaves out. Default: 0. */
  dampening?: number
  /** λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
  /** Whether to use Nesterov's momentum; needs momentum and no dampening. Default: false. */
  nesterov?: boolean
  /** How momentum is written, see below. Default: "pytorch". */
  momentumForm?: MomentumForm
}

/**
 * Stochastic gradient descent, with momentum if wanted.
 *
 *     g = ∇L(θ) + λ·θ                 λ: weightDecay; −∇L(θ) with maximize
 *     b = μ·b + (1 − τ)·g             μ: momentum, τ: dampening; b = g in the first step
 *     θ = θ − η·b                     η: lr; with nesterov θ − η·(g + μ·b); without momentum θ − η·g
 *
 * `momentumForm` writes the same method in other variables:
 *
 *     "pytorch"     the rule above
 *     "sutskever"   v = μ·v − η·(1 − τ)·g, θ = θ + v     the same path as long as η stays; a new η works slowly
 *     "ema"         m = μ·m + (1 − μ)·g, θ = θ − η·m     the same path with η/(1 − μ) for η
 *     "heavyBall"   θ' = θ − η·g + μ·(θ − θ before)      as "sutskever" without dampening and nesterov
 *
 * Departs from Polyak (1964) and Sutskever et al. (Proceedings of ICML 2013) in nothing but these variables: b is −v/η
 * for a constant η. Nesterov's gradient is taken where the parameters are; these are the points that the paper looks
 * ahead to.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
 */
export class SGD extends ChainedOptimizer<SGDOptions> {
  constructor(params: Params<SGDOptions>, options: SGDOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-3,
        momentum: 0,
        dampening: 0,
        weightDecay: 0,
        nesterov: false,
        momentumForm: "pytorch",
        maximize: false,
      },
      rules: {
        momentum: nonNegative,
        dampening: nonNegative,
        weightDecay: nonNegative,
        nesterov: flag,
        momentumForm: choice("pytorch", "sutskever", "ema", "heavyBall"),
      },
    })
  }

  protected override checkOptions(options: Required<SGDOptions>): void {
    const { momentum, dampening, nesterov, momentumForm: form } = options
    const got = `momentum ${momentum} and dampening ${dampening}`
    if (nesterov && !(momentum > 0 && dampening === 0)) {
      const message = "Nesterov momentum needs momentum, and no dampening"
      throw this.invalid(message, "momentum > 0 and dampening 0", got)
    }
    if (form === "heavyBall" && (nesterov || dampening !== 0))
      throw this.invalid("the heavy ball has no such form", "dampening 0 and nesterov false", got)
    if (form === "ema" && (dampening !== 0 || momentum >= 1)) {
      const message = "a running average of gradients damps them itself"
      throw this.invalid(message, "dampening 0 and momentum < 1", got)
    }
  }

  override transform(group: ParameterGroup<SGDOptions>): GradientTransform {
    const decay = addDecayedWeights(() => group.weightDecay)
    switch (group.momentumForm) {
      case "pytorch":
        return chain(decay, trace(group), scaleByLearningRate())
      case "sutskever":
        return chain(decay, scaleByLearningRate(), trace(group))
      case "ema":
        return chain(decay, ema(group), scaleByLearningRate())
      case "heavyBall":
        return chain(decay, scaleByLearningRate(), heavyBall(group))
    }
  }
}

export function sgd(params: Params<SGDOptions>, options: SGDOptions = {}): SGD {
  return new SGD(params, options)
}
