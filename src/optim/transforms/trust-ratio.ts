import type { Tensor } from "../../tensor/index.ts"
import { div, gt, logicalAnd, mul, sqrt, sum, where } from "../../tensor/index.ts"
import type { GradientTransform } from "../transform.ts"
import { stateless } from "../transform.ts"

export function normOf(x: Tensor): Tensor {
  return sqrt(sum(mul(x, x)))
}

/** a/b where both are above 0, otherwise 1. */
export function ratioOrOne(a: Tensor, b: Tensor, divisor = b): Tensor {
  return where(logicalAnd(gt(a, 0), gt(b, 0)), div(a, divisor), 1)
}

/** u = g·|θ|/|g| for each parameter: steps in proportion to the weights (You et al., arXiv:1904.00962v5). */
export function scaleByTrustRatio(): GradientTransform {
  return stateless((updates, params) =>
    updates.map((g, i) => mul(g, ratioOrOne(normOf(params[i]!), normOf(g)))),
  )
}
