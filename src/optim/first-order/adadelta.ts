import { add, div, mul, sqrt } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { nonNegative, share } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter, zeroState } from "../transform.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"

export interface AdadeltaScaleOptions {
  /** Decay of the averages. Default: 0.9. */
  readonly rho?: number
  /** Added under both roots. Default: 1e-6. */
  readonly eps?: number
}

/** Adadelta's direction: v = ρ·v + (1 − ρ)·g², u = g·√(d + eps)/√(v + eps), d = ρ·d + (1 − ρ)·u². */
export function scaleByAdadelta(options: AdadeltaScaleOptions = {}): GradientTransform {
  return perParameter({
    state: ["squareAvg", "accDelta"],
    init: zeroState("squareAvg", "accDelta"),
    numbers: (context) => ({
      decay: decayOf(context, () => options.rho ?? 0.9),
      eps: context.scalar(() => options.eps ?? 1e-6),
    }),
    update(g, state, { decay, eps }) {
      const squareAvg = average(state.squareAvg, mul(g, g), decay)
      const delta = mul(div(sqrt(add(state.accDelta, eps)), sqrt(add(squareAvg, eps))), g)
      return [delta, { squareAvg, accDelta: average(state.accDelta, mul(delta, delta), decay) }]
    },
  })
}

export interface AdadeltaOptions extends BaseOptions {
  /** ρ in [0, 1]. Default: 0.9. */
  rho?: number
  /** ε ≥ 0. Default: 1e-6. */
  eps?: number
  /** λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
}

/**
 * Adadelta (Zeiler, arXiv:1212.5701v1, algorithm 1).
 *
 *     g = ∇L(θ) + λ·θ                        λ: weightDecay; −∇L(θ) with maximize
 *     v = ρ·v + (1 − ρ)·g²                   ρ: rho
 *     Δ = g·√(d + ε)/√(v + ε)                ε: eps
 *     d = ρ·d + (1 − ρ)·Δ²
 *     θ = θ − η·Δ                            η: lr, 1 by default
 *
 * Departs from the paper in having a rate at all, as PyTorch does.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.Adadelta(model.parameters())
 */
export class Adadelta extends ChainedOptimizer<AdadeltaOptions> {
  constructor(params: Params<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super(params, options, {
      defaults: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false },
      rules: { rho: share, eps: nonNegative, weightDecay: nonNegative },
    })
  }

  override transform(group: ParameterGroup<AdadeltaOptions>): GradientTransform {
    return chain(
      addDecayedWeights(() => group.weightDecay),
      scaleByAdadelta(group),
      scaleByLearningRate(),
    )
  }
}

export function adadelta(params: Params<AdadeltaOptions>, options: AdadeltaOptions = {}): Adadelta {
  return new Adadelta(params, options)
}
