import type { Tensor } from "../tensor/index.ts"
import type { BaseOptions, GroupOptions, ParameterGroup } from "./groups.ts"
import { Optimizer } from "./optimizer.ts"
import type { GradientTransform } from "./transform.ts"
import { chain } from "./transform.ts"
import { addDecayedWeights, identity, negate, scaleByAdam, scaleByLearningRate } from "./transforms.ts"

export interface AdamOptions extends BaseOptions {
  /** β₁ and β₂, both in [0, 1). Default: [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε ≥ 0. Default: 1e-8. */
  eps?: number
  /** λ ≥ 0, the factor of an L2 penalty (not decoupled). Default: 0. */
  weightDecay?: number
  /** Whether the averages are divided by 1 − βᵗ. Default: true. */
  biasCorrection?: boolean
  /** Whether the largest v so far stands in the denominator. Default: false. */
  amsgrad?: boolean
  /** Whether to climb. Default: false. */
  maximize?: boolean
}

/**
 * Adam (Kingma & Ba, arXiv:1412.6980v9, algorithm 1).
 *
 *     g = ∇L(θ) + λ·θ                        λ: weightDecay; −∇L(θ) with maximize
 *     m = β₁·m + (1 − β₁)·g                  β₁, β₂: betas
 *     v = β₂·v + (1 − β₂)·g²                 with amsgrad the largest v so far is used below
 *     θ = θ − η·m̂/(√v̂ + ε)                   η: lr, ε: eps, m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
 *
 * Departs from the paper: the weight decay and `amsgrad` (Reddi et al., arXiv:1904.09237v1) are PyTorch's, and
 * `biasCorrection: false` leaves the hats away, for study.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.Adam(model.parameters(), { lr: 3e-3 })
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(params: Iterable<Tensor> | Iterable<GroupOptions<AdamOptions>>, options: AdamOptions = {}) {
    const defaults = {
      lr: 1e-3,
      betas: [0.9, 0.999] as const,
      eps: 1e-8,
      weightDecay: 0,
      biasCorrection: true,
      amsgrad: false,
      maximize: false,
    }
    super(params, defaults, options)
  }

  protected override checkOptions({ betas, eps, weightDecay }: Required<AdamOptions>): void {
    this.checkDecay("betas[0]", betas[0])
    this.checkDecay("betas[1]", betas[1])
    this.checkNonNegative("eps", eps)
    this.checkNonNegative("weightDecay", weightDecay)
  }

  protected override transform(group: ParameterGroup<AdamOptions>): GradientTransform {
    return chain(
      group.maximize ? negate() : identity(),
      addDecayedWeights(group.weightDecay),
      scaleByAdam(group),
      scaleByLearningRate(),
    )
  }
}

export function adam(
  params: Iterable<Tensor> | Iterable<GroupOptions<AdamOptions>>,
  options: AdamOptions = {},
): Adam {
  return new Adam(params, options)
}
