import type { Tensor } from "../../tensor/index.ts"
import { add, div, maximum, minimum, mul, neg, sqrt } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { decay, flag, nonNegative, pair, positive } from "../rules.ts"
import type { Decay, GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter, zeroState } from "../transform.ts"
import { addDecayedWeights } from "../transforms/basic.ts"

export interface AdaBoundScaleOptions {
  /** Decay of the averages of the gradient and of its square. Default: [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the denominator. Default: 1e-8. */
  readonly eps?: number
  /** The rate of SGD that all rates end at, for the learning rate of the beginning. Default: 0.1. */
  readonly finalLr?: number
  /** γ, how fast the bounds close. Default: 1e-3. */
  readonly gamma?: number
  /** Whether the largest v so far stands in the denominator. Default: false. */
  readonly amsbound?: boolean
}

interface AdaBoundNumbers {
  readonly first: Decay
  readonly second: Decay
  readonly eps: Tensor
  readonly rate: Tensor
  readonly lower: Tensor
  readonly upper: Tensor
}

/**
 * AdaBound's update, with the learning rate and the sign in it: it ends a chain. See AdaBound.
 *
 * @param baseRate the learning rate of the beginning; the final rate follows the learning rate in proportion to it
 */
export function scaleByAdaBound(
  baseRate: () => number,
  options: AdaBoundScaleOptions = {},
): GradientTransform {
  const { amsbound = false } = options
  const beta = (i: 0 | 1): number => options.betas?.[i] ?? [0.9, 0.999][i]!
  const names = ["expAvg", "expAvgSq", ...(amsbound ? ["maxExpAvgSq"] : [])]
  return perParameter<string, AdaBoundNumbers>({
    state: names,
    init: zeroState(...names),
    numbers(context, step) {
      const { scalar, lr } = context
      const correction = (): number => Math.sqrt(1 - beta(1) ** step()) / (1 - beta(0) ** step())
      const final = (): number => (options.finalLr ?? 0.1) * (baseRate() === 0 ? 1 : lr() / baseRate())
      const closing = (): number => (options.gamma ?? 1e-3) * step()
      return {
        first: decayOf(context, () => beta(0)),
        second: decayOf(context, () => beta(1)),
        eps: scalar(() => options.eps ?? 1e-8),
        rate: scalar(() => lr() * correction()),
        lower: scalar(() => final() * (1 - 1 / (closing() + 1))),
        upper: scalar(() => final() * (1 + 1 / closing())),
      }
    },
    update(g, state, n) {
      const expAvg = average(state.expAvg!, g, n.first)
      const expAvgSq = average(state.expAvgSq!, mul(g, g), n.second)
      const largest = amsbound ? { maxExpAvgSq: maximum(state.maxExpAvgSq!, expAvgSq) } : {}
      const { maxExpAvgSq: square = expAvgSq } = largest
      const rates = minimum(maximum(div(n.rate, add(sqrt(square), n.eps)), n.lower), n.upper)
      return [neg(mul(rates, expAvg)), { expAvg, expAvgSq, ...largest }]
    },
  })
}

export interface AdaBoundOptions extends BaseOptions {
  /** β₁ and β₂, both in [0, 1). Default: [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** η* > 0, the rate of SGD that it ends as. Default: 0.1. */
  finalLr?: number
  /** γ > 0, how fast the bounds close. Default: 1e-3. */
  gamma?: number
  /** ε ≥ 0. Default: 1e-8. */
  eps?: number
  /** λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
  /** Whether the largest v so far stands in the denominator (AMSBound). Default: false. */
  amsbound?: boolean
}

/**
 * AdaBound: starts as Adam and ends as SGD with momentum (Luo et al., arXiv:1902.09843v1, algorithms 2 and 3).
 *
 *     g = ∇L(θ) + λ·θ                               λ: weightDecay; −∇L(θ) with maximize
 *     m = β₁·m + (1 − β₁)·g, v = β₂·v + (1 − β₂)·g² β₁, β₂: betas; amsbound: the largest v so far
 *     r = η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) / (√v + ε)         η: lr, ε: eps
 *     θ = θ − clip(r, η*·(1 − 1/(γt + 1)), η*·(1 + 1/(γt)))·m        η*: finalLr, γ: gamma
 *
 * Departs from the paper as its authors' own code does: bias is corrected, the rate is not divided by √t, and η*
 * follows a schedule of η in proportion.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.AdaBound(model.parameters(), { lr: 1e-3, finalLr: 0.1 })
 */
export class AdaBound extends ChainedOptimizer<AdaBoundOptions> {
  private readonly baseRates = new WeakMap<object, number>()

  constructor(params: Params<AdaBoundOptions>, options: AdaBoundOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-3,
        betas: [0.9, 0.999],
        finalLr: 0.1,
        gamma: 1e-3,
        eps: 1e-8,
        weightDecay: 0,
        amsbound: false,
        maximize: false,
      },
      rules: {
        betas: pair(decay),
        finalLr: positive,
        gamma: positive,
        eps: nonNegative,
        weightDecay: nonNegative,
        amsbound: flag,
      },
    })
    for (const group of this.paramGroups) this.baseRate(group)
  }

  override transform(group: ParameterGroup<AdaBoundOptions>): GradientTransform {
    const base = this.baseRate(group)
    return chain(
      addDecayedWeights(() => group.weightDecay),
      scaleByAdaBound(() => base, group),
    )
  }

  /** The learning rate that a group had when it was first seen. */
  private baseRate(group: ParameterGroup<AdaBoundOptions>): number {
    const known = this.baseRates.get(group)
    if (known !== undefined) return known
    const rate = typeof group.lr === "function" ? group.lr(0) : group.lr
    this.baseRates.set(group, rate)
    return rate
  }
}

/**
 * AdaBound with the largest v so far in the denominator (Luo et al., arXiv:1902.09843v1, algorithm 3). See AdaBound.
 *
 * @example const optimizer = new optim.AMSBound(model.parameters(), { lr: 1e-3, finalLr: 0.1 })
 */
export class AMSBound extends AdaBound {
  constructor(params: Params<AdaBoundOptions>, options: AdaBoundOptions = {}) {
    super(params, { amsbound: true, ...options })
  }
}

export function adaBound(params: Params<AdaBoundOptions>, options: AdaBoundOptions = {}): AdaBound {
  return new AdaBound(params, options)
}

export function amsBound(params: Params<AdaBoundOptions>, options: AdaBoundOptions = {}): AMSBound {
  return new AMSBound(params, options)
}
