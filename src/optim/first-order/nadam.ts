import type { Tensor } from "../../tensor/index.ts"
import { add, div, mul, ones, rsub, sqrt } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { decay, nonNegative, pair } from "../rules.ts"
import type { Decay, GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter, zeroState } from "../transform.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"

export interface NAdamScaleOptions {
  /** Decay of the averages of the gradient and of its square. Default: [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the denominator. Default: 1e-8. */
  readonly eps?: number
  /** ψ, how fast the momentum rises to β₁. Default: 4e-3. */
  readonly momentumDecay?: number
}

interface NAdamNumbers {
  readonly first: Decay
  readonly second: Decay
  readonly eps: Tensor
  readonly root: Tensor
  /** μₜ and μₜ₊₁ */
  readonly now: Tensor
  readonly next: Tensor
}

/** NAdam's direction, see NAdam. */
export function scaleByNAdam(options: NAdamScaleOptions = {}): GradientTransform {
  const beta = (i: 0 | 1): number => options.betas?.[i] ?? [0.9, 0.999][i]!
  const momentum = (t: number): number => beta(0) * (1 - 0.5 * 0.96 ** (t * (options.momentumDecay ?? 4e-3)))
  return perParameter<"expAvg" | "expAvgSq" | "muProduct", NAdamNumbers>({
    state: ["expAvg", "expAvgSq", "muProduct"],
    init: (param) => ({
      ...zeroState("expAvg", "expAvgSq")(param),
      muProduct: ones([], { dtype: "float64" }).realize(),
    }),
    numbers: (context, step) => ({
      first: decayOf(context, () => beta(0)),
      second: decayOf(context, () => beta(1)),
      eps: context.scalar(() => options.eps ?? 1e-8),
      root: context.scalar(() => 1 / Math.sqrt(1 - beta(1) ** step())),
      now: context.scalar(() => momentum(step())),
      next: context.scalar(() => momentum(step() + 1)),
    }),
    update(g, state, { first, second, eps, root, now, next }) {
      const expAvg = average(state.expAvg, g, first)
      const expAvgSq = average(state.expAvgSq, mul(g, g), second)
      const muProduct = mul(state.muProduct, now)
      const share = div(rsub(now, 1), rsub(muProduct, 1))
      const ahead = div(next, rsub(mul(muProduct, next), 1))
      const direction = add(mul(g, share), mul(expAvg, ahead))
      return [div(direction, add(mul(sqrt(expAvgSq), root), eps)), { expAvg, expAvgSq, muProduct }]
    },
  })
}

export interface NAdamOptions extends BaseOptions {
  /** β₁ and β₂, both in [0, 1). Default: [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε ≥ 0. Default: 1e-8. */
  eps?: number
  /** λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
  /** ψ ≥ 0. Default: 4e-3. */
  momentumDecay?: number
}

/**
 * NAdam: Adam with Nesterov's momentum (Dozat, "Incorporating Nesterov Momentum into Adam", 2016).
 *
 *     g = ∇L(θ) + λ·θ                                      λ: weightDecay; −∇L(θ) with maximize
 *     μₜ = β₁·(1 − ½·0.96^(t·ψ))                           ψ: momentumDecay
 *     m = β₁·m + (1 − β₁)·g, v = β₂·v + (1 − β₂)·g²        β₁, β₂: betas
 *     m̂ = μₜ₊₁·m/(1 − μ₁…μₜ₊₁) + (1 − μₜ)·g/(1 − μ₁…μₜ)
 *     θ = θ − η·m̂/(√v̂ + ε)                                 η: lr, ε: eps, v̂ = v/(1 − β₂ᵗ)
 *
 * Departs from the paper as PyTorch's documentation does (the averages decay by β₁ and not by μₜ). The product of
 * all μ so far is kept in double precision.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.NAdam(model.parameters())
 */
export class NAdam extends ChainedOptimizer<NAdamOptions> {
  constructor(params: Params<NAdamOptions>, options: NAdamOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 2e-3,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weightDecay: 0,
        momentumDecay: 4e-3,
        maximize: false,
      },
      rules: { betas: pair(decay), eps: nonNegative, weightDecay: nonNegative, momentumDecay: nonNegative },
    })
  }

  override transform(group: ParameterGroup<NAdamOptions>): GradientTransform {
    return chain(
      addDecayedWeights(() => group.weightDecay),
      scaleByNAdam(group),
      scaleByLearningRate(),
    )
  }
}

export function nAdam(params: Params<NAdamOptions>, options: NAdamOptions = {}): NAdam {
  return new NAdam(params, options)
}
