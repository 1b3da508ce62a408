import type { Tensor } from "../../tensor/index.ts"
import { add, div, full, mul, sign, sqrt, sub } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { decay, nonNegative, pair } from "../rules.ts"
import type { Decay, GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter } from "../transform.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"

export interface YogiScaleOptions {
  /** Decay of the average of the gradient, and rate of change of v. Default: [0.9, 0.999]. */
  readonly betas?: readonly [number, number]
  /** Added to the denominator. Default: 1e-3. */
  readonly eps?: number
  /** What both averages start from. Default: 1e-6. */
  readonly initialAccumulator?: number
}

interface YogiNumbers {
  readonly first: Decay
  readonly second: Decay
  readonly eps: Tensor
  readonly mean: Tensor
  readonly root: Tensor
}

/** Yogi's direction, see Yogi. */
export function scaleByYogi(options: YogiScaleOptions = {}): GradientTransform {
  const beta = (i: 0 | 1): number => options.betas?.[i] ?? [0.9, 0.999][i]!
  return perParameter<"expAvg" | "expAvgSq", YogiNumbers>({
    state: ["expAvg", "expAvgSq"],
    init: ({ shape, dtype }) => {
      const first = (): Tensor => full(shape, options.initialAccumulator ?? 1e-6, { dtype }).realize()
      return { expAvg: first(), expAvgSq: first() }
    },
    numbers: (context, step) => ({
      first: decayOf(context, () => beta(0)),
      second: decayOf(context, () => beta(1)),
      eps: context.scalar(() => options.eps ?? 1e-3),
      mean: context.scalar(() => 1 / (1 - beta(0) ** step())),
      root: context.scalar(() => 1 / Math.sqrt(1 - beta(1) ** step())),
    }),
    update(g, state, n) {
      const square = mul(g, g)
      const expAvg = average(state.expAvg, g, n.first)
      const change = mul(sign(sub(state.expAvgSq, square)), mul(square, n.second.take))
      const expAvgSq = sub(state.expAvgSq, change)
      const direction = div(mul(expAvg, n.mean), add(mul(sqrt(expAvgSq), n.root), n.eps))
      return [direction, { expAvg, expAvgSq }]
    },
  })
}

export interface YogiOptions extends BaseOptions {
  /** β₁ and β₂, both in [0, 1). Default: [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε ≥ 0. Default: 1e-3. */
  eps?: number
  /** What both averages start from, ≥ 0. Default: 1e-6. */
  initialAccumulator?: number
  /** λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
}

/**
 * Yogi: Adam whose second moment changes by steps of g², whatever it is (Zaheer et al., Advances in Neural Information
 * Processing Systems 31, 2018, algorithm 2).
 *
 *     g = ∇L(θ) + λ·θ                              λ: weightDecay; −∇L(θ) with maximize
 *     m = β₁·m + (1 − β₁)·g                        β₁, β₂: betas; m and v start from initialAccumulator
 *     v = v − (1 − β₂)·sign(v − g²)·g²
 *     θ = θ − η·m̂/(√v̂ + ε)                         η: lr, ε: eps, m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
 *
 * Departs from the paper by correcting bias, as its authors' code does.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.Yogi(model.parameters(), { lr: 1e-2 })
 */
export class Yogi extends ChainedOptimizer<YogiOptions> {
  constructor(params: Params<YogiOptions>, options: YogiOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-2,
        betas: [0.9, 0.999],
        eps: 1e-3,
        initialAccumulator: 1e-6,
        weightDecay: 0,
        maximize: false,
      },
      rules: {
        betas: pair(decay),
        eps: nonNegative,
        initialAccumulator: nonNegative,
        weightDecay: nonNegative,
      },
    })
  }

  override transform(group: ParameterGroup<YogiOptions>): GradientTransform {
    return chain(
      addDecayedWeights(() => group.weightDecay),
      scaleByYogi(group),
      scaleByLearningRate(),
    )
  }
}

export function yogi(params: Params<YogiOptions>, options: YogiOptions = {}): Yogi {
  return new Yogi(params, options)
}
