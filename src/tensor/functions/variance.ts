import { normalizeDims, numel } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { floatNode, sqrtFlatAtZero } from "./elementwise.ts"
import { mean } from "./reduce.ts"
import type { Dims, KeepDim } from "./reduction.ts"
import { finishReduction, meanOf } from "./reduction.ts"

export interface Correction extends KeepDim {
  /** Subtracted from the number of elements: 1 (default) for the unbiased estimate, 0 for the plain mean square. */
  readonly correction?: number
}

/** Variance Σ(x − mean)²/(n − correction), in two passes; NaN of a single element. */
export const variance = composed(
  "variance",
  (input: Tensor, dim?: Dims, options: Correction = {}): Tensor => {
    const { correction = 1, ...keep } = options
    const n = floatNode(input, "var")
    const dims = normalizeDims(dim, input.ndim, "var")
    const count = numel(dims.map((d) => input.shape[d]!))
    const deviation = ops.sub(n, ops.spread(meanOf(n, dims), input.shape, dims))
    const squares = ops.sum(ops.mul(deviation, deviation), dims)
    const spread = ops.div(squares, ops.constantLike(squares, Math.max(count - correction, 0)))
    return finishReduction(spread, input.shape, dims, keep)
  },
)

/** Standard deviation: √variance, with derivative 0 where all elements are equal. */
export const std = composed("std", (input: Tensor, dim?: Dims, options: Correction = {}): Tensor => {
  return wrap(sqrtFlatAtZero(variance(input, dim, options).node))
})

/** Variance and mean: [var, mean]. */
export const varMean = composed(
  "varMean",
  (input: Tensor, dim?: Dims, options: Correction = {}): [Tensor, Tensor] => {
    return [variance(input, dim, options), mean(input, dim, options)]
  },
)

/** Standard deviation and mean: [std, mean]. */
export const stdMean = composed(
  "stdMean",
  (input: Tensor, dim?: Dims, options: Correction = {}): [Tensor, Tensor] => {
    return [std(input, dim, options), mean(input, dim, options)]
  },
)
