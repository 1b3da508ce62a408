import { sign } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { decay, nonNegative, pair, predicate } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter, zeroState } from "../transform.ts"
import type { Mask } from "../transforms/basic.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"

export interface LionScaleOptions {
  /** Decay of what the step looks at, and of what is kept. Default: [0.9, 0.99]. */
  readonly betas?: readonly [number, number]
}

/** Lion's direction: u = sign(β₁·m + (1 − β₁)·g), m = β₂·m + (1 − β₂)·g. */
export function scaleByLion(options: LionScaleOptions = {}): GradientTransform {
  const beta = (i: 0 | 1): number => options.betas?.[i] ?? [0.9, 0.99][i]!
  return perParameter({
    state: ["expAvg"],
    init: zeroState("expAvg"),
    numbers: (context) => ({
      look: decayOf(context, () => beta(0)),
      keep: decayOf(context, () => beta(1)),
    }),
    update: (g, { expAvg }, { look, keep }) => [
      sign(average(expAvg, g, look)),
      { expAvg: average(expAvg, g, keep) },
    ],
  })
}

export interface LionOptions extends BaseOptions {
  /** β₁ and β₂, both in [0, 1). Default: [0.9, 0.99]. */
  betas?: readonly [number, number]
  /** λ ≥ 0, decoupled from the gradient. Default: 0. */
  weightDecay?: number
  /** Which parameters decay. Default: null, all of them. */
  decayMask?: Mask
}

/**
 * Lion: steps of one size in the direction of the momentum's signs (Chen et al., arXiv:2302.06675v4, program 1).
 *
 *     g = ∇L(θ)                                        −∇L(θ) with maximize
 *     θ = θ − η·(sign(β₁·m + (1 − β₁)·g) + λ·θ)        η: lr, λ: weightDecay, β₁, β₂: betas
 *     m = β₂·m + (1 − β₂)·g
 *
 * As in the paper. Rates are 3 to 10 times smaller than Adam's, decays as many times larger.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.Lion(model.parameters(), { lr: 1e-4, weightDecay: 0.1 })
 */
export class Lion extends ChainedOptimizer<LionOptions> {
  constructor(params: Params<LionOptions>, options: LionOptions = {}) {
    super(params, options, {
      defaults: { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, decayMask: null, maximize: false },
      rules: { betas: pair(decay), weightDecay: nonNegative, decayMask: predicate },
    })
  }

  override transform(group: ParameterGroup<LionOptions>): GradientTransform {
    const decayed = addDecayedWeights(() => group.weightDecay, { mask: group.decayMask })
    return chain(scaleByLion(group), decayed, scaleByLearningRate())
  }
}

export function lion(params: Params<LionOptions>, options: LionOptions = {}): Lion {
  return new Lion(params, options)
}
