import type { Tensor } from "../tensor/index.ts"
import type { BaseOptions, GroupOptions, ParameterGroup } from "./groups.ts"
import { Optimizer } from "./optimizer.ts"
import type { GradientTransform } from "./transform.ts"
import { chain } from "./transform.ts"
import { addDecayedWeights, identity, negate, scaleByLearningRate, trace } from "./transforms.ts"

export interface SGDOptions extends BaseOptions {
  /** μ ≥ 0. Default: 0. */
  momentum?: number
  /** τ. Default: 0. */
  dampening?: number
  /** λ ≥ 0, the factor of the L2 penalty. Default: 0. */
  weightDecay?: number
  /** Whether the gradient is looked up ahead, where momentum leads. Default: false. */
  nesterov?: boolean
  /** Whether to climb. Default: false. */
  maximize?: boolean
}

/**
 * Stochastic gradient descent with momentum (Sutskever et al. 2013, as PyTorch has it).
 *
 *     g = ∇L(θ) + λ·θ              λ: weightDecay; −∇L(θ) with maximize
 *     b = μ·b + (1 − τ)·g          μ: momentum, τ: dampening; b = g in the first step
 *     θ = θ − η·b                  η: lr; with nesterov θ − η·(g + μ·b)
 *
 * The rate multiplies the sum and not the velocity: where the paper has v = μ·v − η·g, a change of η here acts on the
 * momentum gathered so far as well.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(params: Iterable<Tensor> | Iterable<GroupOptions<SGDOptions>>, options: SGDOptions = {}) {
    const defaults = { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false }
    super(params, defaults, options)
  }

  protected override checkOptions(options: Required<SGDOptions>): void {
    this.checkNonNegative("momentum", options.momentum)
    this.checkNonNegative("weightDecay", options.weightDecay)
    if (!options.nesterov || (options.momentum > 0 && options.dampening === 0)) return
    throw this.invalid(
      "Nesterov momentum needs momentum, and no dampening",
      "momentum > 0 and dampening 0",
      `momentum ${options.momentum} and dampening ${options.dampening}`,
    )
  }

  protected override transform(group: ParameterGroup<SGDOptions>): GradientTransform {
    return chain(
      group.maximize ? negate() : identity(),
      addDecayedWeights(group.weightDecay),
      trace(group),
      scaleByLearningRate(),
    )
  }
}

export function sgd(
  params: Iterable<Tensor> | Iterable<GroupOptions<SGDOptions>>,
  options: SGDOptions = {},
): SGD {
  return new SGD(params, options)
}
