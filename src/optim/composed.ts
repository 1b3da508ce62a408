import type { Tensor } from "../tensor/index.ts"
import type { BaseOptions, GroupOptions } from "./groups.ts"
import { Optimizer } from "./optimizer.ts"
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
export class Composed extends Optimizer<BaseOptions> {
  private readonly gradientTransform: GradientTransform

  constructor(
    params: Iterable<Tensor> | Iterable<GroupOptions<BaseOptions>>,
    transform: GradientTransform,
    options: BaseOptions = {},
  ) {
    super(params, { lr: 1e-3 }, options)
    this.gradientTransform = transform
  }

  /** The learning rate, which all optimizers check, is the only option. */
  protected override checkOptions(): void {}

  protected override transform(): GradientTransform {
    return this.gradientTransform
  }
}
