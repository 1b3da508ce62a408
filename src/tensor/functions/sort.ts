import { NablaError, normalizeDim } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { requireTensor } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import type { KeepDim } from "./reduction.ts"
import { elementAt } from "./reduction.ts"

export interface SortOptions {
  readonly descending?: boolean
  /** Sorting is always stable; the option is here for programs that ask for it. */
  readonly stable?: boolean
}

function sortDim(input: Tensor, dim: number, where: string): number {
  return normalizeDim(dim, requireTensor(input, where).ndim, where)
}

/** Indices that bring a dimension into order; equal elements keep theirs, and NaN counts as the largest. */
export const argsort = composed(
  "argsort",
  (input: Tensor, dim = -1, { descending = false }: SortOptions = {}): Tensor => {
    return wrap(ops.argsort(nodeOf(input), sortDim(input, dim, "argsort"), descending))
  },
)

/** A dimension in order: [values, indices]; see `argsort`. The derivative goes where the values came from. */
export const sort = composed(
  "sort",
  (input: Tensor, dim = -1, { descending = false }: SortOptions = {}): [Tensor, Tensor] => {
    const at = sortDim(input, dim, "sort")
    const n = nodeOf(input)
    return valuesAt(n, ops.argsort(n, at, descending), at)
  },
)

/** The first dimension in order, without the indices. */
export const msort = composed("msort", (input: Tensor): Tensor => {
  return sort(input, 0)[0]
})

function valuesAt(n: Node, indices: Node, dim: number): [Tensor, Tensor] {
  return [wrap(ops.takeAlong(n, indices, dim)), wrap(indices)]
}

function checkCount(k: number, least: number, size: number, where: string): void {
  if (Number.isInteger(k) && k >= least && k <= size) return
  throw new NablaError("NABLA_INDEX_OUT_OF_RANGE", {
    message: "k does not fit the size of the dimension",
    where,
    expected: `a whole number from ${least} to ${size}`,
    got: String(k),
  })
}

export interface TopkOptions {
  /** The largest (default) or the smallest ones. */
  readonly largest?: boolean
  /** They come in order in any case. */
  readonly sorted?: boolean
}

/** The k largest or smallest elements along a dimension, the extreme one first: [values, indices]. */
export const topk = composed(
  "topk",
  (input: Tensor, k: number, dim = -1, { largest = true }: TopkOptions = {}): [Tensor, Tensor] => {
    const at = sortDim(input, dim, "topk")
    checkCount(k, 0, input.shape[at] ?? 1, "topk")
    const n = nodeOf(input)
    const order = ops.argsort(n, at, largest)
    return valuesAt(n, input.ndim === 0 ? order : ops.sliceDim(order, at, 0, k), at)
  },
)

/** The k-th smallest element along a dimension, k from 1, and its index: [values, indices]. */
export const kthvalue = composed(
  "kthvalue",
  (input: Tensor, k: number, dim = -1, options: KeepDim = {}): [Tensor, Tensor] => {
    const at = sortDim(input, dim, "kthvalue")
    checkCount(k, 1, input.shape[at] ?? 1, "kthvalue")
    const n = nodeOf(input)
    const order = ops.argsort(n, at)
    return elementAt(n, input.ndim === 0 ? order : ops.sliceDim(order, at, k - 1, 1), at, options)
  },
)
