import type { Tensor } from "../../tensor/index.ts"
import { add, div, mul, sqrt } from "../../tensor/index.ts"
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
  /** What the gradient and the average count for. */
  readonly now: Tensor
  readonly ahead: Tensor
}

/** NAdam's direction, see NAdam. */
export function scaleByNAdam(options: NAdamScaleOptions = {}): GradientTransform {
  const beta = (i: 0 | 1): number => options.betas?.[i] ?? [0.9, 0.999][i]!
  const momentum = (t: number): number => momentumAt(t, beta(0), options.momentumDecay ?? 4e-3)
  const product = (t: number): number => productTo(t, beta(0), options.momentumDecay ?? 4e-3)
  return perParameter<"expAvg" | "expAvgSq", NAdamNumbers>({
    state: ["expAvg", "expAvgSq"],
    init: zeroState("expAvg", "expAvgSq"),
    numbers: (context, step) => ({
      first: decayOf(context, () => beta(0)),
      second: decayOf(context, () => beta(1)),
      eps: context.scalar(() => options.eps ?? 1e-8),
      root: context.scalar(() => 1 / Math.sqrt(1 - beta(1) ** step())),
      now: context.scalar(() => (1 - momentum(step())) / (1 - product(step()))),
      ahead: context.scalar(() => momentum(step() + 1) / (1 - product(step() + 1))),
    }),
    update(g, state, n) {
      const expAvg = average(state.expAvg, g, n.first)
      const expAvgSq = average(state.expAvgSq, mul(g, g), n.second)
      const direction = add(mul(g, n.now), mul(expAvg, n.ahead))
      return [div(direction, add(mul(sqrt(expAvgSq), n.root), n.eps)), { expAvg, expAvgSq }]
    },
  })
}

/** μₜ */
function momentumAt(t: number, beta: number, decayRate: number): number {
  return beta * (1 - 0.5 * 0.96 ** (t * decayRate))
}

/** Products of μ so far, by β₁ and ψ; a run asks for the next one at each step. */
const products = new Map<string, number[]>()

/** μ₁·…·μₜ */
function productTo(t: number, beta: number, decayRate: number): number {
  const key = `${beta} ${decayRate}`
  let known = products.get(key)
  if (known === undefined) products.set(key, (known = [1]))
  while (known.length <= t) known.push(known.at(-1)! * momentumAt(known.length, beta, decayRate))
  return known[t]!
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
 * Departs from the paper as PyTorch's documentation does (the averages decay by β₁ and not by μₜ). The products are
 * kept in double precision and are those of the present β₁ and ψ, also after a change of them.
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
