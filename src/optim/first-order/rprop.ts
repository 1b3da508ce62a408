import { full, gt, lt, maximum, minimum, mul, neg, sign, where } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { pair, positive } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { perParameter, zerosOf } from "../transform.ts"

export interface RpropScaleOptions {
  /** What step sizes are multiplied by when the slope's sign changes, and when it stays. Default: [0.5, 1.2]. */
  readonly etas?: readonly [number, number]
  /** Least and largest step size. Default: [1e-6, 50]. */
  readonly stepSizes?: readonly [number, number]
}

/** Rprop's update, with the sign in it: it ends a chain. See Rprop. */
export function scaleByRprop(firstSize: () => number, options: RpropScaleOptions = {}): GradientTransform {
  const eta = (i: 0 | 1): number => options.etas?.[i] ?? [0.5, 1.2][i]!
  const bound = (i: 0 | 1): number => options.stepSizes?.[i] ?? [1e-6, 50][i]!
  return perParameter({
    state: ["prev", "stepSize"],
    init: (param) => ({
      prev: zerosOf(param),
      stepSize: full(param.shape, firstSize(), { dtype: param.dtype }).realize(),
    }),
    numbers: ({ scalar }) => ({
      shrink: scalar(() => eta(0)),
      grow: scalar(() => eta(1)),
      least: scalar(() => bound(0)),
      most: scalar(() => bound(1)),
    }),
    update(g, { prev, stepSize: before }, { shrink, grow, least, most }) {
      const agreement = mul(g, prev)
      const turned = lt(agreement, 0)
      const factor = where(gt(agreement, 0), grow, where(turned, shrink, 1))
      const stepSize = minimum(maximum(mul(before, factor), least), most)
      const slope = where(turned, 0, g)
      return [neg(mul(sign(slope), stepSize)), { prev: slope, stepSize }]
    },
  })
}

export interface RpropOptions extends BaseOptions {
  /** η₋ < 1 < η₊. Default: [0.5, 1.2]. */
  etas?: readonly [number, number]
  /** Least and largest step size. Default: [1e-6, 50]. */
  stepSizes?: readonly [number, number]
}

/**
 * Rprop: each parameter has a step size of its own, which follows the signs of its slopes (Riedmiller & Braun, Proceedings
 * of the IEEE International Conference on Neural Networks, 1993).
 *
 *     g·g′ > 0:  s = min(s·η₊, most)                 g′: the slope before; η₋, η₊: etas; least, most: stepSizes
 *     g·g′ < 0:  s = max(s·η₋, least), g = 0         no step, and none that is compared with the next
 *     θ = θ − sign(g)·s                              s starts as lr, which plays no part later
 *
 * Departs from the paper as PyTorch does: a step that went too far is not taken back (the variant known as iRprop−). For
 * full batches.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.Rprop(model.parameters(), { lr: 0.01 })
 */
export class Rprop extends ChainedOptimizer<RpropOptions> {
  constructor(params: Params<RpropOptions>, options: RpropOptions = {}) {
    super(params, options, {
      defaults: { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false },
      rules: { etas: pair(positive), stepSizes: pair(positive) },
    })
  }

  protected override checkOptions({ etas, stepSizes }: Required<RpropOptions>): void {
    if (!(etas[0] < 1 && 1 < etas[1]))
      throw this.invalid("the option etas cannot be this", "η₋ < 1 < η₊", etas.join(", "))
    if (!(stepSizes[0] <= stepSizes[1]))
      throw this.invalid("the option stepSizes cannot be this", "least ≤ most", stepSizes.join(", "))
  }

  override transform(group: ParameterGroup<RpropOptions>): GradientTransform {
    return scaleByRprop(() => this.rate(group), group)
  }
}

export function rprop(params: Params<RpropOptions>, options: RpropOptions = {}): Rprop {
  return new Rprop(params, options)
}
