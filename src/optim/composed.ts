import { ChainedOptimizer } from "./chained.ts"
import type { BaseOptions, Params } from "./groups.ts"
import type { GradientTransform } from "./transform.ts"

/**
 * An optimizer of one's own: parameters move by what a chain of transforms makes of their gradients.
 *
 *     θ = θ + u,  u = transform(∇L(θ))
 *
 * @param transform ends in a transform that turns the direction around and scales it, such as scaleByLearningRate
 * @throws NABLA_INVALID_ARGUMENT for a learning rate out of range, no parameters, or a parameter twice
 *
 * @example
 * const { scaleByAdam, addDecayedWeights, scaleByLearningRate } = optim.transforms
 * const adamW = optim.chain(scaleByAdam(), addDecayedWeights(0.01), scaleByLearningRate())
 * const optimizer = new optim.Composed(model.parameters(), adamW, { lr: 1e-3 })
 */
export class Composed extends ChainedOptimizer<BaseOptions> {
  private readonly gradientTransform: GradientTransform

  constructor(params: Params<BaseOptions>, transform: GradientTransform, options: BaseOptions = {}) {
    super(params, options, { defaults: { lr: 1e-3, maximize: false }, rules: {} })
    this.gradientTransform = transform
  }

  override transform(): GradientTransform {
    return this.gradientTransform
  }
}
