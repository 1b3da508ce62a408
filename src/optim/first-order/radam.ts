import type { Tensor } from "../../tensor/index.ts"
import { add, div, gt, mul, sqrt, where } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { decay, nonNegative, pair } from "../rules.ts"
import type { Decay, GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter, zeroState } from "../transform.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"

export interface RAdamScaleOptions {
  /** Decay of the averages of the gradient and of its square. Default: [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the denominator. Default: 1e-8. */
  readonly eps?: number
}

interface RAdamNumbers {
  readonly first: Decay
  readonly second: Decay
  readonly eps: Tensor
  readonly mean: Tensor
  /** r·√(1 − β₂ᵗ), or 0 as long as the variance is not to be trusted. */
  readonly rectifier: Tensor
}

/** RAdam's direction, see RAdam. */
export function scaleByRAdam(options: RAdamScaleOptions = {}): GradientTransform {
  const beta = (i: 0 | 1): number => options.betas?.[i] ?? [0.9, 0.999][i]!
  return perParameter<"expAvg" | "expAvgSq", RAdamNumbers>({
    state: ["expAvg", "expAvgSq"],
    init: zeroState("expAvg", "expAvgSq"),
    numbers: (context, step) => ({
      first: decayOf(context, () => beta(0)),
      second: decayOf(context, () => beta(1)),
      eps: context.scalar(() => options.eps ?? 1e-8),
      mean: context.scalar(() => 1 / (1 - beta(0) ** step())),
      rectifier: context.scalar(() => rectifierAt(step(), beta(1))),
    }),
    update(g, state, n) {
      const expAvg = average(state.expAvg, g, n.first)
      const expAvgSq = average(state.expAvgSq, mul(g, g), n.second)
      const direction = mul(expAvg, n.mean)
      const rectified = div(mul(direction, n.rectifier), add(sqrt(expAvgSq), n.eps))
      return [where(gt(n.rectifier, 0), rectified, direction), { expAvg, expAvgSq }]
    },
  })
}

function rectifierAt(t: number, beta: number): number {
  const limit = 2 / (1 - beta) - 1
  const left = 1 - beta ** t
  const length = limit - (2 * t * beta ** t) / left
  if (length <= 5) return 0
  const share = ((length - 4) * (length - 2) * limit) / ((limit - 4) * (limit - 2) * length)
  return Math.sqrt(share * left)
}

export interface RAdamOptions extends BaseOptions {
  /** β₁ and β₂, both in [0, 1). Default: [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε ≥ 0. Default: 1e-8. */
  eps?: number
  /** λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
}

/**
 * RAdam: Adam with a rectified variance (Liu et al., arXiv:1908.03265v4, algorithm 2).
 *
 *     g = ∇L(θ) + λ·θ                               λ: weightDecay; −∇L(θ) with maximize
 *     m = β₁·m + (1 − β₁)·g, v = β₂·v + (1 − β₂)·g² β₁, β₂: betas
 *     ρ∞ = 2/(1 − β₂) − 1, ρ = ρ∞ − 2·t·β₂ᵗ/(1 − β₂ᵗ)
 *     θ = θ − η·m̂                                   η: lr, m̂ = m/(1 − β₁ᵗ), as long as ρ ≤ 5
 *     θ = θ − η·r·m̂·√(1 − β₂ᵗ)/(√v + ε)             from then on; ε: eps
 *     r = √((ρ − 4)(ρ − 2)ρ∞/((ρ∞ − 4)(ρ∞ − 2)ρ))
 *
 * Departs from the paper as PyTorch does: the bound is 5 and not 4, and there is a weight decay.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.RAdam(model.parameters(), { lr: 1e-3 })
 */
export class RAdam extends ChainedOptimizer<RAdamOptions> {
  constructor(params: Params<RAdamOptions>, options: RAdamOptions = {}) {
    super(params, options, {
      defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false },
      rules: { betas: pair(decay), eps: nonNegative, weightDecay: nonNegative },
    })
  }

  override transform(group: ParameterGroup<RAdamOptions>): GradientTransform {
    return chain(
      addDecayedWeights(() => group.weightDecay),
      scaleByRAdam(group),
      scaleByLearningRate(),
    )
  }
}

export function rAdam(params: Params<RAdamOptions>, options: RAdamOptions = {}): RAdam {
  return new RAdam(params, options)
}
