import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { decay, flag, nonNegative, pair, predicate } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { chain } from "../transform.ts"
import type { Mask } from "../transforms/basic.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"
import { scaleByTrustRatio } from "../transforms/trust-ratio.ts"
import { scaleByAdam } from "./adam.ts"

export interface LambOptions extends BaseOptions {
  /** β₁ and β₂, both in [0, 1). Default: [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε ≥ 0. Default: 1e-6. */
  eps?: number
  /** λ ≥ 0. Default: 0. */
  weightDecay?: number
  /** Which parameters decay. Default: null, all of them. */
  decayMask?: Mask
  /** Whether the averages are divided by 1 − βᵗ. Default: true. */
  biasCorrection?: boolean
}

/**
 * LAMB: Adam with steps in proportion to each parameter's norm, for large batches (You et al., arXiv:1904.00962v5,
 * algorithm 2).
 *
 *     r = m̂/(√v̂ + ε) + λ·θ                   m̂, v̂ as for Adam; ε: eps, λ: weightDecay
 *     θ = θ − η·(|θ|/|r|)·r                  η: lr; the ratio is 1 where a norm is 0
 *
 * As in the paper with φ(z) = z.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.Lamb(model.parameters(), { lr: 2e-3, weightDecay: 0.01 })
 */
export class Lamb extends ChainedOptimizer<LambOptions> {
  constructor(params: Params<LambOptions>, options: LambOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-3,
        betas: [0.9, 0.999],
        eps: 1e-6,
        weightDecay: 0,
        decayMask: null,
        biasCorrection: true,
        maximize: false,
      },
      rules: {
        betas: pair(decay),
        eps: nonNegative,
        weightDecay: nonNegative,
        decayMask: predicate,
        biasCorrection: flag,
      },
    })
  }

  override transform(group: ParameterGroup<LambOptions>): GradientTransform {
    const decayed = addDecayedWeights(() => group.weightDecay, { mask: group.decayMask })
    return chain(scaleByAdam(group), decayed, scaleByTrustRatio(), scaleByLearningRate())
  }
}

export function lamb(params: Params<LambOptions>, options: LambOptions = {}): Lamb {
  return new Lamb(params, options)
}
