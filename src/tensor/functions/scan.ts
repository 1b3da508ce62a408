import type { DType } from "../../base/index.ts"
import { normalizeDim } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType, requireTensor } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

export interface ScanOptions {
  /** Type that the elements are converted to first. */
  readonly dtype?: DType
}

/** The argument of a running sum or product: truth values count as integers. */
function scanned(input: Tensor, where: string, { dtype }: ScanOptions): Node {
  const own = requireTensor(input, where).dtype
  return ops.cast(nodeOf(input), dtype ?? (own === "bool" ? "int32" : own))
}

/** yᵢ = x₀ + … + xᵢ along a dimension. */
export const cumsum = composed("cumsum", (input: Tensor, dim: number, options: ScanOptions = {}): Tensor => {
  const n = scanned(input, "cumsum", options)
  return wrap(ops.cumsum(n, normalizeDim(dim, input.ndim, "cumsum")))
})

/** yᵢ = x₀·…·xᵢ along a dimension; zeros among the factors are no problem for the derivative. */
export const cumprod = composed(
  "cumprod",
  (input: Tensor, dim: number, options: ScanOptions = {}): Tensor => {
    const n = scanned(input, "cumprod", options)
    return wrap(ops.cumprod(n, normalizeDim(dim, input.ndim, "cumprod")))
  },
)

function runningExtremum(input: Tensor, dim: number, of: "max" | "min"): [Tensor, Tensor] {
  const where = of === "max" ? "cummax" : "cummin"
  const at = normalizeDim(dim, requireTensor(input, where).ndim, where)
  const n = nodeOf(input)
  const index = ops.runningIndex(n, at, of)
  return [wrap(ops.takeAlong(n, index, at)), wrap(index)]
}

/** The largest element so far along a dimension, and its index (of equal ones the last): [values, indices]. */
export const cummax = composed("cummax", (input: Tensor, dim: number): [Tensor, Tensor] => {
  return runningExtremum(input, dim, "max")
})

/** The smallest element so far along a dimension, and its index (of equal ones the last): [values, indices]. */
export const cummin = composed("cummin", (input: Tensor, dim: number): [Tensor, Tensor] => {
  return runningExtremum(input, dim, "min")
})

/**
 * yᵢ = ln(e^x₀ + … + e^xᵢ) along a dimension. With the running maximum mᵢ, yᵢ = mᵢ + ln sᵢ, where
 * sᵢ = e^(mᵢ₋₁ − mᵢ)·sᵢ₋₁ + e^(xᵢ − mᵢ): no power exceeds 1. The result does not depend on m, nor do the derivatives.
 */
export const logcumsumexp = composed(
  "logcumsumexp",
  (input: Tensor, dim: number, { dtype }: ScanOptions = {}): Tensor => {
    const at = normalizeDim(dim, requireTensor(input, "logcumsumexp").ndim, "logcumsumexp")
    const n = ops.cast(nodeOf(input), dtype ?? floatType(input.dtype))
    if (input.numel() === 0 || input.ndim === 0) return wrap(n)
    const highest = ops.detach(ops.takeAlong(n, ops.runningIndex(n, at, "max"), at))
    const infinite = ops.eq(ops.abs(highest), ops.constantLike(highest, Infinity))
    const shift = ops.where(infinite, ops.constantLike(highest, 0), highest)
    const sums = ops.recurrence(decay(highest, shift, at), ops.exp(ops.sub(n, shift)), at)
    return wrap(ops.add(ops.log(sums), shift))
  },
)

/** e^(mᵢ₋₁ − mᵢ); 0 where all before was −∞. The first one is not used. */
function decay(highest: Node, shift: Node, dim: number): Node {
  const before = (x: Node): Node => {
    const length = x.shape[dim]!
    return ops.cat([ops.sliceDim(x, dim, 0, 1), ops.sliceDim(x, dim, 0, length - 1)], dim)
  }
  const nothing = ops.eq(before(highest), ops.constantLike(highest, -Infinity))
  const factor = ops.exp(ops.sub(before(shift), shift))
  return ops.where(nothing, ops.constantLike(factor, 0), factor)
}
