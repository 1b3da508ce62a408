import { add, mul } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { flag, nonNegative, positive, predicate } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { chain, stateless } from "../transform.ts"
import type { Mask } from "../transforms/basic.ts"
import { scaleByLearningRate } from "../transforms/basic.ts"
import { trace } from "../transforms/momentum.ts"
import { normOf, ratioOrOne } from "../transforms/trust-ratio.ts"

export interface LarsScaleOptions {
  /** κ, how far a layer may move in proportion to its weights. Default: 0.001. */
  readonly trustCoefficient?: number
  /** λ of decayed parameters. Default: 0. */
  readonly weightDecay?: number
  /** Which parameters decay and are scaled; others keep their gradients. Default: null, all of them. */
  readonly decayMask?: Mask
}

/** LARS's direction: u = κ·|θ|/(|g| + λ·|θ|)·(g + λ·θ); the factor is 1 where a norm is 0. */
export function scaleByLars(options: LarsScaleOptions = {}): GradientTransform {
  const { decayMask = null } = options
  return stateless((updates, params, { scalar }) => {
    const coefficient = scalar(() => options.trustCoefficient ?? 0.001)
    const rate = scalar(() => options.weightDecay ?? 0)
    return updates.map((g, i) => {
      const param = params[i]!
      if (decayMask !== null && !decayMask(param)) return g
      const [size, slope] = [normOf(param), normOf(g)]
      const ratio = ratioOrOne(mul(size, coefficient), slope, add(slope, mul(size, rate)))
      return mul(add(g, mul(param, rate)), ratio)
    })
  })
}

export interface LarsOptions extends BaseOptions {
  /** μ ≥ 0. Default: 0.9. */
  momentum?: number
  /** λ ≥ 0. Default: 0. */
  weightDecay?: number
  /** Which parameters decay and have rates of their own; biases and norms often do not. Default: null, all of them. */
  decayMask?: Mask
  /** κ > 0. Default: 0.001. */
  trustCoefficient?: number
  /** Whether to use Nesterov's momentum. Default: false. */
  nesterov?: boolean
}

/**
 * LARS: SGD with a rate for each layer, for large batches (You, Gitman & Ginsburg, arXiv:1708.03888v3, algorithm 1).
 *
 *     g = ∇L(θ)                                        −∇L(θ) with maximize
 *     r = κ·|θ|/(|g| + λ·|θ|)                          κ: trustCoefficient, λ: weightDecay; 1 where a norm is 0
 *     v = μ·v + η·r·(g + λ·θ)                          η: lr, μ: momentum
 *     θ = θ − v
 *
 * As in the paper, with a layer for each parameter tensor.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.LARS(model.parameters(), { lr: 2, weightDecay: 5e-4 })
 */
export class LARS extends ChainedOptimizer<LarsOptions> {
  constructor(params: Params<LarsOptions>, options: LarsOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1,
        momentum: 0.9,
        weightDecay: 0,
        decayMask: null,
        trustCoefficient: 0.001,
        nesterov: false,
        maximize: false,
      },
      rules: {
        momentum: nonNegative,
        weightDecay: nonNegative,
        decayMask: predicate,
        trustCoefficient: positive,
        nesterov: flag,
      },
    })
  }

  override transform(group: ParameterGroup<LarsOptions>): GradientTransform {
    return chain(scaleByLars(group), scaleByLearningRate(), trace(group))
  }
}

export function lars(params: Params<LarsOptions>, options: LarsOptions = {}): LARS {
  return new LARS(params, options)
}
