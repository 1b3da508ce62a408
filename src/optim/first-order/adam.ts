import type { Tensor } from "../../tensor/index.ts"
import { add, div, maximum, mul, sqrt } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { decay, flag, nonNegative, pair } from "../rules.ts"
import type { Decay, GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter, zeroState } from "../transform.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"

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
  const { biasCorrection = true, amsgrad = false } = options
  const beta = (i: 0 | 1): number => options.betas?.[i] ?? [0.9, 0.999][i]!
  const names = ["expAvg", "expAvgSq", ...(amsgrad ? ["maxExpAvgSq"] : [])]
  return perParameter<string, AdamNumbers>({
    state: names,
    init: zeroState(...names),
    numbers: (context, step) => ({
      first: decayOf(context, () => beta(0)),
      second: decayOf(context, () => beta(1)),
      eps: context.scalar(() => options.eps ?? 1e-8),
      mean: biasCorrection ? context.scalar(() => 1 / (1 - beta(0) ** step())) : null,
      root: biasCorrection ? context.scalar(() => 1 / Math.sqrt(1 - beta(1) ** step())) : null,
    }),
    update(g, state, n) {
      const expAvg = average(state.expAvg!, g, n.first)
      const expAvgSq = average(state.expAvgSq!, mul(g, g), n.second)
      const largest = amsgrad ? { maxExpAvgSq: maximum(state.maxExpAvgSq!, expAvgSq) } : {}
      const { maxExpAvgSq: square = expAvgSq } = largest
      const direction = n.mean === null ? expAvg : mul(expAvg, n.mean)
      const root = n.root === null ? sqrt(square) : mul(sqrt(square), n.root)
      return [div(direction, add(root, n.eps)), { expAvg, expAvgSq, ...largest }]
    },
  })
}

interface AdamNumbers {
  readonly first: Decay
  readonly second: Decay
  readonly eps: Tensor
  /** What m and √v are multiplied by to make up for their start at 0. */
  readonly mean: Tensor | null
  readonly root: Tensor | null
}

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
 * `biasCorrection: false` leaves the hats away, for study: the first step is then (1 − β₁)/√(1 − β₂) = 3.162 times η.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.Adam(model.parameters(), { lr: 3e-3 })
 */
export class Adam extends ChainedOptimizer<AdamOptions> {
  constructor(params: Params<AdamOptions>, options: AdamOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-3,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weightDecay: 0,
        biasCorrection: true,
        amsgrad: false,
        maximize: false,
      },
      rules: {
        betas: pair(decay),
        eps: nonNegative,
        weightDecay: nonNegative,
        biasCorrection: flag,
        amsgrad: flag,
      },
    })
  }

  override transform(group: ParameterGroup<AdamOptions>): GradientTransform {
    return chain(
      addDecayedWeights(() => group.weightDecay),
      scaleByAdam(group),
      scaleByLearningRate(),
    )
  }
}

export function adam(params: Params<AdamOptions>, options: AdamOptions = {}): Adam {
  return new Adam(params, options)
}
