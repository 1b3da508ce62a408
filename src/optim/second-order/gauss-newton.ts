import type { Tensor } from "../../tensor/index.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { choice, nonNegative } from "../rules.ts"
import type { Memory } from "./closure-optimizer.ts"
import { ClosureOptimizer } from "./closure-optimizer.ts"
import { plus } from "./flat.ts"
import type { LineSearch } from "./line-search.ts"
import { objectiveOf, stepLength } from "./line-search.ts"
import { halfSquares, linearise } from "./residuals.ts"

export interface GaussNewtonOptions extends BaseOptions {
  /** δ ≥ 0. Default: 0. */
  damping?: number
  /** How far to go, starting from lr. Default: null, exactly lr. */
  lineSearch?: LineSearch
}

/**
 * Gauss–Newton for least squares (Nocedal & Wright, Numerical Optimization, section 10.3).
 *
 *     L(θ) = ½·|r(θ)|², J = ∂r/∂θ
 *     d = −(JᵀJ + δ·I)⁻¹·Jᵀ·r            δ: damping; without it the shortest d, by singular values
 *     θ = θ + t·d                        t: lr, or what the line search finds from lr
 *
 * The closure returns the residuals r, of any shape; calling backward is not needed. The step returns L. One group of
 * parameters; m residuals of n parameters cost m·n memory. As in the book.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a step without closure or residuals
 *
 * @example
 * const optimizer = optim.gaussNewton([a, b])
 * optimizer.step(() => a.mul(b.mul(x).exp()).sub(y))
 */
export class GaussNewton extends ClosureOptimizer<GaussNewtonOptions> {
  constructor(params: Params<GaussNewtonOptions>, options: GaussNewtonOptions = {}) {
    super(params, options, {
      defaults: { lr: 1, damping: 0, lineSearch: null, maximize: false },
      rules: { damping: nonNegative, lineSearch: choice("armijo", "strongWolfe", null) },
    })
  }

  protected override checkOptions({ maximize }: Required<GaussNewtonOptions>): void {
    if (maximize) throw this.invalid("a sum of squares has no maximum", "maximize false", "true")
  }

  protected override advance(closure: () => Tensor, group: ParameterGroup<GaussNewtonOptions>): Tensor {
    const { flat } = this
    const { loss, value, gradient, step } = linearise(flat, closure(), false, "GaussNewton.step")
    const line = { from: flat.values(), direction: step(group.damping), loss: value, gradient }
    const objective = objectiveOf(flat, () => halfSquares(closure()), false)
    const t = stepLength(group.lineSearch, line, this.rate(group), objective)
    flat.assign(plus(line.from, line.direction, t))
    return loss
  }

  /** Nothing is kept from step to step. */
  protected override memory(): Memory {
    return {}
  }

  protected override recall(): void {}
}

export function gaussNewton(
  params: Params<GaussNewtonOptions>,
  options: GaussNewtonOptions = {},
): GaussNewton {
  return new GaussNewton(params, options)
}
