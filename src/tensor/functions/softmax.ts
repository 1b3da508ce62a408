import type { DType } from "../../base/index.ts"
import { normalizeDim, normalizeDims } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType, requireTensor } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import type { Dims, KeepDim } from "./reduction.ts"
import { finishReduction } from "./reduction.ts"

/** The maximum, with 0 in place of infinities: a shift that never makes ∞ − ∞. It has no derivative. */
function shiftOf(n: Node, dims: readonly number[]): Node {
  const highest = ops.detach(ops.maxReduce(n, dims, "first"))
  const infinite = ops.eq(ops.abs(highest), ops.constantLike(highest, Infinity))
  return ops.where(infinite, ops.constantLike(highest, 0), highest)
}

/** ln Σ eˣ over dimensions, shifted by the maximum so that nothing overflows. */
export const logsumexp = composed("logsumexp", (input: Tensor, dim: Dims, options: KeepDim = {}): Tensor => {
  const dims = normalizeDims(dim, requireTensor(input, "logsumexp").ndim, "logsumexp")
  const n = ops.cast(nodeOf(input), floatType(input.dtype))
  if (dims.some((d) => n.shape[d] === 0)) {
    return finishReduction(ops.log(ops.sum(ops.exp(n), dims)), input.shape, dims, options)
  }
  const shift = shiftOf(n, dims)
  const total = ops.sum(ops.exp(ops.sub(n, ops.spread(shift, n.shape, dims))), dims)
  return finishReduction(ops.add(ops.log(total), shift), input.shape, dims, options)
})

export interface SoftmaxOptions {
  /** Type to compute in, and of the result. */
  readonly dtype?: DType
}

/** The argument and its dimension, shifted so that the largest element is 0. */
function shifted(input: Tensor, dim: number, where: string, { dtype }: SoftmaxOptions): [Node, number[]] {
  const dims = [normalizeDim(dim, requireTensor(input, where).ndim, where)].slice(0, input.ndim)
  const n = ops.cast(nodeOf(input), dtype ?? floatType(input.dtype))
  if (n.aval.size === 0) return [n, dims]
  return [ops.sub(n, ops.spread(shiftOf(n, dims), n.shape, dims)), dims]
}

/** e^x / Σ e^x along a dimension. */
export const softmax = composed(
  "softmax",
  (input: Tensor, dim: number, options: SoftmaxOptions = {}): Tensor => {
    const [x, dims] = shifted(input, dim, "softmax", options)
    const powers = ops.exp(x)
    return wrap(ops.div(powers, ops.spread(ops.sum(powers, dims), x.shape, dims)))
  },
)

/** ln softmax, computed as x − logsumexp(x). */
export const logSoftmax = composed(
  "logSoftmax",
  (input: Tensor, dim: number, options: SoftmaxOptions = {}): Tensor => {
    const [x, dims] = shifted(input, dim, "logSoftmax", options)
    return wrap(ops.sub(x, ops.spread(ops.log(ops.sum(ops.exp(x), dims)), x.shape, dims)))
  },
)

/** softmax(−x): the smallest elements get the most. */
export const softmin = composed(
  "softmin",
  (input: Tensor, dim: number, options: SoftmaxOptions = {}): Tensor => {
    return softmax(wrap(ops.neg(nodeOf(requireTensor(input, "softmin")))), dim, options)
  },
)
