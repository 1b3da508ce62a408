import { formatShape, NablaError, sameShape } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { add, clamp, composed, div, exp, gt, log, mul, sub, where } from "../../tensor/index.ts"
import { checkSameShape, knownValues } from "./check.ts"
import type { LossOptions } from "./reduction.ts"
import { reduce } from "./reduction.ts"

export interface PoissonNllOptions extends LossOptions {
  /** Whether the input is the logarithm of the rate. Default: true. */
  readonly logInput?: boolean
  /** Whether Stirling's approximation of ln(target!) is added. Default: false. */
  readonly full?: boolean
  /** Added to the rate under the logarithm; without logInput only. Default: 1e-8. */
  readonly eps?: number
}

/**
 * Negative log-likelihood of counts under Poisson distributions.
 *
 * ℓᵢ = e^xᵢ − yᵢ·xᵢ with logInput, xᵢ − yᵢ·ln(xᵢ + eps) without; `full` adds y·ln y − y + ½·ln(2πy) where y > 1;
 * loss = mean (or sum) of ℓ
 *
 * Shapes: input and target of one shape → [], or that shape with `reduction: "none"`.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 *
 * @example nn.poissonNll(tensor([0]), tensor([3])).itemSync() // 1
 */
export const poissonNll = composed(
  "poissonNll",
  (input: Tensor, target: Tensor, options: PoissonNllOptions = {}): Tensor => {
    const { logInput = true, full = false, eps = 1e-8, reduction } = options
    checkSameShape("poissonNll", input, target)
    const losses = logInput
      ? sub(exp(input), mul(target, input))
      : sub(input, mul(target, log(add(input, eps))))
    return reduce("poissonNll", full ? add(losses, stirling(target)) : losses, reduction)
  },
)

/** y·ln y − y + ½·ln(2πy) ≈ ln y!, and 0 for y ≤ 1. */
function stirling(target: Tensor): Tensor {
  const large = gt(target, 1)
  // A harmless value elsewhere, so that no infinity gets into a derivative.
  const y = where(large, target, 1)
  const approximation = sub(mul(add(y, 0.5), log(y)), y).add(0.5 * Math.log(2 * Math.PI))
  return where(large, approximation, 0)
}

export interface GaussianNllOptions extends LossOptions {
  /** Whether the constant ½·ln 2π is added. Default: false. */
  readonly full?: boolean
  /** Least variance. Default: 1e-6. */
  readonly eps?: number
}

/**
 * Negative log-likelihood of values under normal distributions whose means and variances a network predicts.
 *
 * ℓᵢ = ½·(ln v + (inputᵢ − targetᵢ)²/v), v = max(varᵢ, eps); `full` adds ½·ln 2π; loss = mean (or sum) of ℓ.
 * The bound does not cut the derivative: a variance below eps can grow again.
 *
 * Shapes: input and target of one shape; variance of that shape, with 1 as last dimension, or without the last one.
 * → [], or the input's shape with `reduction: "none"`.
 *
 * Paper: Nix & Weigend 1994, Estimating the mean and variance of the target probability distribution,
 * doi:10.1109/ICNN.1994.374138.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes do not belong together
 * @throws NABLA_INVALID_ARGUMENT for a negative variance, when the variances are known
 *
 * @example nn.gaussianNll(tensor([2]), tensor([0]), tensor([4])).itemSync() // 1.1931…, which is ½·(ln 4 + 1)
 */
export const gaussianNll = composed(
  "gaussianNll",
  (input: Tensor, target: Tensor, variance: Tensor, options: GaussianNllOptions = {}): Tensor => {
    const { full = false, eps = 1e-6, reduction } = options
    checkSameShape("gaussianNll", input, target)
    const v = bounded(alignedVariance(input, variance), eps)
    const difference = sub(input, target)
    const losses = mul(add(log(v), div(mul(difference, difference), v)), 0.5)
    return reduce("gaussianNll", full ? add(losses, 0.5 * Math.log(2 * Math.PI)) : losses, reduction)
  },
)

function alignedVariance(input: Tensor, variance: Tensor): Tensor {
  const negative = knownValues(variance)?.find((v: number) => v < 0)
  if (negative !== undefined) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a variance is not negative",
      where: "gaussianNll",
      expected: "values ≥ 0",
      got: String(negative),
    })
  }
  const outer = input.shape.slice(0, -1)
  if (sameShape(variance.shape, input.shape)) return variance
  if (input.ndim > 0 && sameShape(variance.shape, outer)) return variance.unsqueeze(-1)
  if (input.ndim > 0 && sameShape(variance.shape, [...outer, 1])) return variance
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the variance does not fit the input",
    where: "gaussianNll",
    expected: `${formatShape(input.shape)}, ${formatShape([...outer, 1])} or ${formatShape(outer)}`,
    got: formatShape(variance.shape),
  })
}

/** max(v, eps), through which derivatives pass as if there were no bound. */
function bounded(v: Tensor, eps: number): Tensor {
  const known = v.detach()
  return add(v, sub(clamp(known, { min: eps }), known))
}
