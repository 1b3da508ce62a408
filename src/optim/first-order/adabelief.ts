import type { Tensor } from "../../tensor/index.ts"
import { add, div, maximum, mul, sqrt, sub } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { decay, flag, nonNegative, pair, predicate } from "../rules.ts"
import type { Decay, GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter, zeroState } from "../transform.ts"
import type { Mask } from "../transforms/basic.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"

export interface AdaBeliefScaleOptions {
  /** Decay of the averages of the gradient and of its deviation. Default: [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the deviation and to the denominator. Default: 1e-16. */
  readonly eps?: number
  /** Whether the largest s so far stands in the denominator. Default: false. */
  readonly amsgrad?: boolean
}

interface AdaBeliefNumbers {
  readonly first: Decay
  readonly second: Decay
  readonly eps: Tensor
  readonly mean: Tensor
  readonly root: Tensor
}

/** AdaBelief's direction, see AdaBelief. */
export function scaleByAdaBelief(options: AdaBeliefScaleOptions = {}): GradientTransform {
  const { amsgrad = false } = options
  const beta = (i: 0 | 1): number => options.betas?.[i] ?? [0.9, 0.999][i]!
  const names = ["expAvg", "expAvgVar", ...(amsgrad ? ["maxExpAvgVar"] : [])]
  return perParameter<string, AdaBeliefNumbers>({
    state: names,
    init: zeroState(...names),
    numbers: (context, step) => ({
      first: decayOf(context, () => beta(0)),
      second: decayOf(context, () => beta(1)),
      eps: context.scalar(() => options.eps ?? 1e-16),
      mean: context.scalar(() => 1 / (1 - beta(0) ** step())),
      root: context.scalar(() => 1 / Math.sqrt(1 - beta(1) ** step())),
    }),
    update(g, state, n) {
      const expAvg = average(state.expAvg!, g, n.first)
      const surprise = sub(g, expAvg)
      const expAvgVar = add(average(state.expAvgVar!, mul(surprise, surprise), n.second), n.eps)
      const largest = amsgrad ? { maxExpAvgVar: maximum(state.maxExpAvgVar!, expAvgVar) } : {}
      const { maxExpAvgVar: variance = expAvgVar } = largest
      const direction = div(mul(expAvg, n.mean), add(mul(sqrt(variance), n.root), n.eps))
      return [direction, { expAvg, expAvgVar, ...largest }]
    },
  })
}

export interface AdaBeliefOptions extends BaseOptions {
  /** β₁ and β₂, both in [0, 1). Default: [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε ≥ 0. Default: 1e-16. */
  eps?: number
  /** λ ≥ 0, decoupled from the gradient. Default: 0. */
  weightDecay?: number
  /** Which parameters decay. Default: null, all of them. */
  decayMask?: Mask
  /** Whether the largest s so far stands in the denominator. Default: false. */
  amsgrad?: boolean
}

/**
 * AdaBelief: large steps where the gradient is what it was expected to be (Zhuang et al., arXiv:2010.07468v5,
 * algorithm 2).
 *
 *     g = ∇L(θ)                              −∇L(θ) with maximize
 *     m = β₁·m + (1 − β₁)·g                  β₁, β₂: betas
 *     s = β₂·s + (1 − β₂)·(g − m)² + ε       ε: eps; with amsgrad the largest s so far is used below
 *     θ = θ − η·(m̂/(√ŝ + ε) + λ·θ)           η: lr, λ: weightDecay, m̂ = m/(1 − β₁ᵗ), ŝ = s/(1 − β₂ᵗ)
 *
 * Departs from the paper by the decoupled decay, which its authors' code has; that code's rectification is left out.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.AdaBelief(model.parameters())
 */
export class AdaBelief extends ChainedOptimizer<AdaBeliefOptions> {
  constructor(params: Params<AdaBeliefOptions>, options: AdaBeliefOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-3,
        betas: [0.9, 0.999],
        eps: 1e-16,
        weightDecay: 0,
        decayMask: null,
        amsgrad: false,
        maximize: false,
      },
      rules: {
        betas: pair(decay),
        eps: nonNegative,
        weightDecay: nonNegative,
        decayMask: predicate,
        amsgrad: flag,
      },
    })
  }

  override transform(group: ParameterGroup<AdaBeliefOptions>): GradientTransform {
    const decayed = addDecayedWeights(() => group.weightDecay, { mask: group.decayMask })
    return chain(scaleByAdaBelief(group), decayed, scaleByLearningRate())
  }
}

export function adaBelief(params: Params<AdaBeliefOptions>, options: AdaBeliefOptions = {}): AdaBelief {
  return new AdaBelief(params, options)
}
