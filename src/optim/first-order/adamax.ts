import { abs, add, div, maximum, mul } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { decay, nonNegative, pair } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter, zeroState } from "../transform.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"

export interface AdamaxScaleOptions {
  /** Decay of the average of the gradient and of its largest size. Default: [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the size of the gradient. Default: 1e-8. */
  readonly eps?: number
}

/** Adamax's direction: m = β₁·m + (1 − β₁)·g, s = max(β₂·s, |g| + eps), u = m/((1 − β₁ᵗ)·s). */
export function scaleByAdamax(options: AdamaxScaleOptions = {}): GradientTransform {
  const beta = (i: 0 | 1): number => options.betas?.[i] ?? [0.9, 0.999][i]!
  return perParameter({
    state: ["expAvg", "expInf"],
    init: zeroState("expAvg", "expInf"),
    numbers: (context, step) => ({
      first: decayOf(context, () => beta(0)),
      beta2: context.scalar(() => beta(1)),
      eps: context.scalar(() => options.eps ?? 1e-8),
      mean: context.scalar(() => 1 / (1 - beta(0) ** step())),
    }),
    update(g, state, { first, beta2, eps, mean }) {
      const expAvg = average(state.expAvg, g, first)
      const expInf = maximum(mul(state.expInf, beta2), add(abs(g), eps))
      return [div(mul(expAvg, mean), expInf), { expAvg, expInf }]
    },
  })
}

export interface AdamaxOptions extends BaseOptions {
  /** β₁ and β₂, both in [0, 1). Default: [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε ≥ 0. Default: 1e-8. */
  eps?: number
  /** λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
}

/**
 * Adamax (Kingma & Ba, arXiv:1412.6980v9, algorithm 2): Adam with the largest gradient instead of the mean square.
 *
 *     g = ∇L(θ) + λ·θ                        λ: weightDecay; −∇L(θ) with maximize
 *     m = β₁·m + (1 − β₁)·g                  β₁, β₂: betas
 *     s = max(β₂·s, |g| + ε)                 ε: eps
 *     θ = θ − η/(1 − β₁ᵗ) · m/s              η: lr
 *
 * Departs from the paper by ε, as PyTorch does, which keeps s above 0.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.Adamax(model.parameters())
 */
export class Adamax extends ChainedOptimizer<AdamaxOptions> {
  constructor(params: Params<AdamaxOptions>, options: AdamaxOptions = {}) {
    super(params, options, {
      defaults: { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false },
      rules: { betas: pair(decay), eps: nonNegative, weightDecay: nonNegative },
    })
  }

  override transform(group: ParameterGroup<AdamaxOptions>): GradientTransform {
    return chain(
      addDecayedWeights(() => group.weightDecay),
      scaleByAdamax(group),
      scaleByLearningRate(),
    )
  }
}

export function adamax(params: Params<AdamaxOptions>, options: AdamaxOptions = {}): Adamax {
  return new Adamax(params, options)
}
