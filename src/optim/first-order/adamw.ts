import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { decay, flag, nonNegative, pair, predicate } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { chain } from "../transform.ts"
import type { Mask } from "../transforms/basic.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"
import { scaleByAdam } from "./adam.ts"

export interface AdamWOptions extends BaseOptions {
  /** β₁ and β₂, both in [0, 1). Default: [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** ε ≥ 0. Default: 1e-8. */
  eps?: number
  /** λ ≥ 0, decoupled from the gradient. Default: 0.01. */
  weightDecay?: number
  /** Which parameters decay. Default: null, all of them. */
  decayMask?: Mask
  /** Whether the largest v so far stands in the denominator. Default: false. */
  amsgrad?: boolean
}

/**
 * Adam with decoupled weight decay (Loshchilov & Hutter, arXiv:1711.05101v3, algorithm 2).
 *
 *     θ = θ − η·(m̂/(√v̂ + ε) + λ·θ)        η: lr, λ: weightDecay; m̂ and v̂ as for Adam
 *
 * Departs from the paper as PyTorch does: the decay is multiplied by the learning rate itself and not by its schedule
 * alone.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example optim.adamW(model.parameters(), { lr: 1e-3, weightDecay: 0.1, decayMask: (param) => param.ndim > 1 })
 */
export class AdamW extends ChainedOptimizer<AdamWOptions> {
  constructor(params: Params<AdamWOptions>, options: AdamWOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-3,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weightDecay: 1e-2,
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

  override transform(group: ParameterGroup<AdamWOptions>): GradientTransform {
    const decayed = addDecayedWeights(() => group.weightDecay, { mask: group.decayMask })
    return chain(scaleByAdam(group), decayed, scaleByLearningRate())
  }
}

export function adamW(params: Params<AdamWOptions>, options: AdamWOptions = {}): AdamW {
  return new AdamW(params, options)
}
