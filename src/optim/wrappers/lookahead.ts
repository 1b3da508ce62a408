import type { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup } from "../groups.ts"
import { count, share } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { lookahead as lookaheadTransform } from "../transforms/periodic.ts"
import { Wrapper } from "./wrapper.ts"

export interface LookaheadOptions {
  /** α from 0 to 1, how far the slow weights go. Default: 0.5. */
  alpha?: number
  /** k ≥ 1, steps of the fast weights for each of the slow ones. Default: 5. */
  k?: number
}

/**
 * Lookahead around another optimizer (Zhang et al., arXiv:1907.08610v2, algorithm 1).
 *
 *     θ = θ + (the inner optimizer's update)        the fast weights
 *     every k steps: φ = φ + α·(θ − φ), θ = φ       the slow weights, which start where θ does
 *
 * As in the paper. Step the wrapper and change options in its `paramGroups`; the inner optimizer only says how.
 *
 * @param inner an optimizer that is a chain of transforms, as all are that need no closure
 * @throws NABLA_INVALID_ARGUMENT for options out of range, or an inner optimizer that needs a closure
 *
 * @example const optimizer = optim.lookahead(optim.adam(model.parameters()), { k: 5, alpha: 0.5 })
 */
export class Lookahead extends Wrapper<BaseOptions & LookaheadOptions> {
  constructor(inner: ChainedOptimizer, { alpha = 0.5, k = 5 }: LookaheadOptions = {}) {
    super("Lookahead", inner, { alpha, k }, { alpha: share, k: count })
  }

  override transform(group: ParameterGroup<BaseOptions & LookaheadOptions>): GradientTransform {
    return lookaheadTransform(super.transform(group), group)
  }
}

export function lookahead(inner: ChainedOptimizer, options: LookaheadOptions = {}): Lookahead {
  return new Lookahead(inner, options)
}
