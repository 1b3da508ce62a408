import { add, div, full, mul, sqrt } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { nonNegative } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { chain, perParameter } from "../transform.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"

export interface AdagradScaleOptions {
  /** Falls the rate by 1/(1 + (t − 1)·lrDecay). Default: 0. */
  readonly lrDecay?: number
  /** What the sum of squares starts from. Default: 0. */
  readonly initialAccumulatorValue?: number
  /** Added to the denominator. Default: 1e-10. */
  readonly eps?: number
}

/** Adagrad's direction: s = s + g², u = g/((1 + (t − 1)·lrDecay)·(√s + eps)). */
export function scaleByAdagrad(options: AdagradScaleOptions = {}): GradientTransform {
  return perParameter({
    state: ["sum"],
    init: ({ shape, dtype }) => ({
      sum: full(shape, options.initialAccumulatorValue ?? 0, { dtype }).realize(),
    }),
    numbers: ({ scalar }, step) => ({
      eps: scalar(() => options.eps ?? 1e-10),
      rate: options.lrDecay ? scalar(() => 1 / (1 + (step() - 1) * options.lrDecay!)) : null,
    }),
    update(g, state, { eps, rate }) {
      const sum = add(state.sum, mul(g, g))
      const direction = div(g, add(sqrt(sum), eps))
      return [rate === null ? direction : mul(direction, rate), { sum }]
    },
  })
}

export interface AdagradOptions extends BaseOptions {
  /** δ ≥ 0, how fast the rate falls. Default: 0. */
  lrDecay?: number
  /** λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
  /** s₀ ≥ 0. Default: 0. */
  initialAccumulatorValue?: number
  /** ε ≥ 0. Default: 1e-10. */
  eps?: number
}

/**
 * Adagrad (Duchi, Hazan & Singer, Journal of Machine Learning Research 12, 2011; the diagonal form).
 *
 *     g = ∇L(θ) + λ·θ                          λ: weightDecay; −∇L(θ) with maximize
 *     s = s + g²                               from s₀: initialAccumulatorValue
 *     θ = θ − η/(1 + (t − 1)·δ) · g/(√s + ε)   η: lr, δ: lrDecay, ε: eps
 *
 * Departs from the paper, as PyTorch does: no proximal term, a decay of the rate, and ε outside the root.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.Adagrad(model.parameters(), { lr: 0.05 })
 */
export class Adagrad extends ChainedOptimizer<AdagradOptions> {
  constructor(params: Params<AdagradOptions>, options: AdagradOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-2,
        lrDecay: 0,
        weightDecay: 0,
        initialAccumulatorValue: 0,
        eps: 1e-10,
        maximize: false,
      },
      rules: {
        lrDecay: nonNegative,
        weightDecay: nonNegative,
        initialAccumulatorValue: nonNegative,
        eps: nonNegative,
      },
    })
  }

  override transform(group: ParameterGroup<AdagradOptions>): GradientTransform {
    return chain(
      addDecayedWeights(() => group.weightDecay),
      scaleByAdagrad(group),
      scaleByLearningRate(),
    )
  }
}

export function adagrad(params: Params<AdagradOptions>, options: AdagradOptions = {}): Adagrad {
  return new Adagrad(params, options)
}
