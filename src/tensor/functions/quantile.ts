import { isFloating, NablaError, normalizeDim } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType, requireTensor, toNode } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { mix } from "./elementwise.ts"
import type { KeepDim } from "./reduction.ts"
import { elementAt } from "./reduction.ts"

/** The lines of a tensor along a dimension; without one, all elements in one line. */
function lines(input: Tensor, dim: number | null | undefined, where: string): { n: Node; dim: number } {
  const n = nodeOf(requireTensor(input, where))
  if (input.numel() === 0) {
    throw new NablaError("NABLA_EMPTY_DATA", {
      message: "there is no such value of no elements",
      where,
      expected: "at least one element",
      got: `shape [${input.shape.join(", ")}]`,
    })
  }
  if (dim === undefined || dim === null) return { n: ops.reshape(n, [input.numel()]), dim: 0 }
  return { n, dim: normalizeDim(dim, input.ndim, where) }
}

/** Number of NaN along a dimension, kept at size 1. */
function countNaN(n: Node, dim: number): Node {
  const dims = n.shape.length === 0 ? [] : [dim]
  return ops.reshape(ops.sum(ops.cast(ops.ne(n, n), "int32"), dims), ops.keptDims(n.shape, dims))
}

/** Values in the middle of each line, the lower one of two, and their indices: NaN if there is one, or without it. */
function middle(n: Node, dim: number, skipNaN: boolean, options: KeepDim): [Tensor, Tensor] {
  const length = n.shape[dim] ?? 1
  const nans = countNaN(n, dim)
  const whole = (value: number): Node => ops.constantLike(nans, value)
  const half = whole(Math.floor((length - 1) / 2))
  // In order NaN stands last; where there is one, the first of them is taken.
  const place = skipNaN
    ? ops.div(ops.sub(whole(length - 1), nans), whole(2))
    : ops.where(ops.gt(nans, whole(0)), ops.sub(whole(length), nans), half)
  return elementAt(n, ops.takeAlong(ops.argsort(n, dim), place, dim), dim, options)
}

/** The value in the middle of all, whose derivative the elements that equal it share evenly. */
function middleOfAll(input: Tensor, skipNaN: boolean, where: string): Tensor {
  const { n } = lines(input, undefined, where)
  const value = ops.detach(middle(n, 0, skipNaN, { keepdim: true })[0].node)
  const chosen = ops.expand(value, n.shape)
  const equal = ops.or(ops.eq(n, chosen), ops.and(ops.ne(n, n), ops.ne(chosen, chosen)))
  return wrap(ops.maxReduce(ops.where(equal, n, lowest(n)), [0], "even"))
}

function lowest(n: Node): Node {
  return ops.constantLike(n, isFloating(n.aval.dtype) ? -Infinity : -2147483648)
}

/**
 * The value in the middle of the order, the lower one of two; NaN if there is one. Without a dimension that of all
 * elements, whose derivative equal elements share evenly; along a dimension [values, indices].
 */
export function median(input: Tensor): Tensor
export function median(input: Tensor, dim: number, options?: KeepDim): [Tensor, Tensor]
export function median(input: Tensor, dim?: number, options: KeepDim = {}): Tensor | [Tensor, Tensor] {
  if (dim === undefined || dim === null) return middleOfAll(input, false, "median")
  const at = lines(input, dim, "median")
  return middle(at.n, at.dim, false, options)
}

/** The median of what is not NaN: see `median`. */
export function nanmedian(input: Tensor): Tensor
export function nanmedian(input: Tensor, dim: number, options?: KeepDim): [Tensor, Tensor]
export function nanmedian(input: Tensor, dim?: number, options: KeepDim = {}): Tensor | [Tensor, Tensor] {
  if (dim === undefined || dim === null) return middleOfAll(input, true, "nanmedian")
  const at = lines(input, dim, "nanmedian")
  return middle(at.n, at.dim, true, options)
}

/** The most frequent value along a dimension, the smallest of several, and its last index: [values, indices]. */
export const mode = composed("mode", (input: Tensor, dim = -1, options: KeepDim = {}): [Tensor, Tensor] => {
  const { n, dim: at } = lines(input, dim, "mode")
  const order = ops.argsort(n, at)
  if (input.ndim === 0) return elementAt(n, order, at, options)
  const sorted = ops.detach(ops.takeAlong(n, order, at))
  const length = n.shape[at]!
  const before = ops.cat([ops.sliceDim(sorted, at, 0, 1), ops.sliceDim(sorted, at, 0, length - 1)], at)
  const place = ops.iota(n.shape, [at])
  // Where a run of equal values began, and how long it is up to here; the first to be the longest is the mode.
  const starts = ops.where(ops.ne(sorted, before), place, ops.constantLike(place, 0))
  const began = ops.takeAlong(starts, ops.runningIndex(starts, at, "max"), at)
  const longest = ops.argmax(ops.sub(place, began), [at])
  const kept = ops.reshape(longest, ops.keptDims(n.shape, [at]))
  return elementAt(n, ops.takeAlong(order, kept, at), at, options)
})

export interface QuantileOptions extends KeepDim {
  /** What stands between two neighbours in the order (default "linear"). */
  readonly interpolation?: "linear" | "lower" | "higher" | "midpoint" | "nearest"
}

/**
 * The value that a part q (0 … 1) of the elements does not exceed, at place q·(n − 1) of the order; NaN if there is
 * one. A vector of several q gives a leading dimension.
 */
export const quantile = composed(
  "quantile",
  (input: Tensor, q: number | Tensor, dim?: number | null, options: QuantileOptions = {}): Tensor => {
    return quantileOf("quantile", input, q, dim, options)
  },
)

/** The quantile of what is not NaN: see `quantile`. */
export const nanquantile = composed(
  "nanquantile",
  (input: Tensor, q: number | Tensor, dim?: number | null, options: QuantileOptions = {}): Tensor => {
    return quantileOf("nanquantile", input, q, dim, options)
  },
)

function quantileOf(
  name: "quantile" | "nanquantile",
  input: Tensor,
  q: number | Tensor,
  dim: number | null | undefined,
  { interpolation = "linear", keepdim = false }: QuantileOptions,
): Tensor {
  if (typeof q === "number" ? !(q >= 0 && q <= 1) : q.ndim > 1) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a quantile is asked for at parts from 0 to 1",
      where: name,
      expected: "a number from 0 to 1, or a vector of them",
      got: typeof q === "number" ? String(q) : `a tensor of ${q.ndim} dimensions`,
    })
  }
  const given = lines(input, dim, name)
  const type = floatType(input.dtype)
  const rest = given.n.shape.map((_, i) => i).filter((i) => i !== given.dim)
  const n = ops.permute(ops.cast(given.n, type), given.n.shape.length === 0 ? [] : [...rest, given.dim])
  const parts = toNode(q, type)
  const values = atParts(ops.reshape(n, [...ops.withoutDims(n.shape, [rest.length]), n.shape.at(-1) ?? 1]), {
    parts: ops.reshape(parts, [parts.aval.size]),
    skipNaN: name === "nanquantile",
    interpolation,
  })
  const leading = ops.permute(
    values,
    [values.shape.length - 1, ...values.shape.keys()].slice(0, values.shape.length),
  )
  const kept =
    dim === undefined || dim === null ? input.shape.map(() => 1) : ops.keptDims(input.shape, [given.dim])
  const shape = keepdim ? kept : leading.shape.slice(1)
  return wrap(ops.reshape(leading, [...parts.shape, ...shape]))
}

interface Parts {
  readonly parts: Node
  readonly skipNaN: boolean
  readonly interpolation: NonNullable<QuantileOptions["interpolation"]>
}

/** Quantiles of lines [..., n] at parts [k]: [..., k]. */
function atParts(n: Node, { parts, skipNaN, interpolation }: Parts): Node {
  const last = n.shape.length - 1
  const shape = [...n.shape.slice(0, last), parts.aval.size]
  const order = ops.argsort(n, last)
  const nans = ops.expand(countNaN(n, last), shape)
  const count = ops.cast(ops.sub(ops.constantLike(nans, n.shape[last]! - 1), nans), n.aval.dtype)
  const end = ops.constantLike(count, n.shape[last]! - 1)
  const zero = ops.constantLike(count, 0)
  const along = ops.expand(parts, shape)
  const rank = skipNaN
    ? ops.mul(along, ops.where(ops.lt(count, zero), zero, count))
    : ops.where(ops.gt(nans, ops.constantLike(nans, 0)), end, ops.mul(along, end))
  const value = (place: Node): Node =>
    ops.takeAlong(n, ops.takeAlong(order, ops.cast(place, "int32"), last), last)
  if (interpolation === "lower") return value(ops.floor(rank))
  if (interpolation === "higher") return value(ops.ceil(rank))
  if (interpolation === "nearest") return value(ops.round(rank))
  const low = ops.floor(rank)
  const weight = interpolation === "midpoint" ? ops.constantLike(rank, 0.5) : ops.sub(rank, low)
  return mix(value(low), value(ops.ceil(rank)), weight)
}
