import type { DType } from "../../base/index.ts"
import { isFloating, NablaError, normalizeDim, normalizeDims } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType, requireTensor } from "../arguments.ts"
import { composed } from "../composed.ts"
import { nodeOf, Tensor, wrap } from "../tensor.ts"
import { maximum, minimum } from "./bounds.ts"
import type { Dims, KeepDim } from "./reduction.ts"
import { finishReduction, meanOf } from "./reduction.ts"

export interface ReduceOptions extends KeepDim {
  /** Type that the elements are converted to first. */
  readonly dtype?: DType
}

/** Σ over dimensions. Integers and bools add up in int32. */
export const sum = composed("sum", (input: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor => {
  const dims = normalizeDims(dim, requireTensor(input, "sum").ndim, "sum")
  const n = ops.cast(nodeOf(input), options.dtype ?? input.dtype)
  return finishReduction(ops.sum(n, dims), input.shape, dims, options)
})

/** The elements with 0 in place of NaN, and 1 for each number among them. */
function numbers(n: Node): { values: Node; present: Node } {
  const present = ops.eq(n, n)
  return { values: ops.where(present, n, ops.constantLike(n, 0)), present: ops.cast(present, n.aval.dtype) }
}

/** Σ over dimensions of what is not NaN. */
export const nansum = composed("nansum", (input: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor => {
  const type = options.dtype ?? requireTensor(input, "nansum").dtype
  if (!isFloating(type)) return sum(input, dim, options)
  const dims = normalizeDims(dim, input.ndim, "nansum")
  const { values } = numbers(ops.cast(nodeOf(input), type))
  return finishReduction(ops.sum(values, dims), input.shape, dims, options)
})

/** Mean over dimensions; integers are averaged in float32. */
export const mean = composed("mean", (input: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor => {
  const dims = normalizeDims(dim, requireTensor(input, "mean").ndim, "mean")
  const n = ops.cast(nodeOf(input), options.dtype ?? floatType(input.dtype))
  return finishReduction(meanOf(n, dims), input.shape, dims, options)
})

/** Mean over dimensions of what is not NaN; NaN where nothing is left. */
export const nanmean = composed(
  "nanmean",
  (input: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor => {
    const dims = normalizeDims(dim, requireTensor(input, "nanmean").ndim, "nanmean")
    const { values, present } = numbers(ops.cast(nodeOf(input), options.dtype ?? floatType(input.dtype)))
    const average = ops.div(ops.sum(values, dims), ops.sum(present, dims))
    return finishReduction(average, input.shape, dims, options)
  },
)

/** Π over dimensions; zeros among the factors are no problem for the derivative. */
export const prod = composed("prod", (input: Tensor, dim?: Dims, options: ReduceOptions = {}): Tensor => {
  const dims = normalizeDims(dim, requireTensor(input, "prod").ndim, "prod")
  const type = options.dtype ?? (input.dtype === "bool" ? "int32" : input.dtype)
  return finishReduction(ops.prod(ops.cast(nodeOf(input), type), dims), input.shape, dims, options)
})

/** Number of elements that are not 0, as int32. */
export const countNonzero = composed("countNonzero", (input: Tensor, dim?: Dims): Tensor => {
  const dims = normalizeDims(dim, requireTensor(input, "countNonzero").ndim, "countNonzero")
  return wrap(ops.sum(ops.cast(ops.cast(nodeOf(input), "bool"), "int32"), dims))
})

/** True where any element is not zero. */
export const any = composed("any", (input: Tensor, dim?: Dims, options: KeepDim = {}): Tensor => {
  const dims = normalizeDims(dim, requireTensor(input, "any").ndim, "any")
  const reduced = ops.maxReduce(ops.cast(nodeOf(input), "bool"), dims, "first")
  return finishReduction(reduced, input.shape, dims, options)
})

/** True where no element is zero. */
export const all = composed("all", (input: Tensor, dim?: Dims, options: KeepDim = {}): Tensor => {
  const dims = normalizeDims(dim, requireTensor(input, "all").ndim, "all")
  const reduced = ops.minReduce(ops.cast(nodeOf(input), "bool"), dims, "first")
  return finishReduction(reduced, input.shape, dims, options)
})

// Extrema ------------------------------------------------------------------------------------------------------------

function checkNotEmpty(input: Tensor, dims: readonly number[], where: string): void {
  if (dims.every((dim) => input.shape[dim]! > 0)) return
  throw new NablaError("NABLA_EMPTY_DATA", {
    message: "an extremum over no elements does not exist",
    where,
    expected: "at least one element in each reduced dimension",
    got: `shape [${input.shape.join(", ")}]`,
  })
}

/** Dimensions of an extremum: one, several or all, none of them empty. */
function extremumDims(input: Tensor, dim: Dims, where: string): number[] {
  const dims = normalizeDims(dim, requireTensor(input, where).ndim, where)
  checkNotEmpty(input, dims, where)
  return dims
}

/** Largest value over dimensions, NaN if there is one; ties share the derivative evenly. */
export const amax = composed("amax", (input: Tensor, dim?: Dims, options: KeepDim = {}): Tensor => {
  const dims = extremumDims(input, dim, "amax")
  return finishReduction(ops.maxReduce(nodeOf(input), dims, "even"), input.shape, dims, options)
})

/** Smallest value over dimensions, NaN if there is one; ties share the derivative evenly. */
export const amin = composed("amin", (input: Tensor, dim?: Dims, options: KeepDim = {}): Tensor => {
  const dims = extremumDims(input, dim, "amin")
  return finishReduction(ops.minReduce(nodeOf(input), dims, "even"), input.shape, dims, options)
})

/** Smallest and largest value over a dimension or all: [min, max]. */
export const aminmax = composed(
  "aminmax",
  (input: Tensor, dim?: number | null, options: KeepDim = {}): [Tensor, Tensor] => {
    return [amin(input, dim, options), amax(input, dim, options)]
  },
)

/** Index of the first largest value along a dimension, or in the flattened tensor. */
export const argmax = composed(
  "argmax",
  (input: Tensor, dim?: number | null, options: KeepDim = {}): Tensor => {
    const dims = extremumDims(input, dim, "argmax")
    return finishReduction(ops.argmax(nodeOf(input), dims), input.shape, dims, options)
  },
)

/** Index of the first smallest value along a dimension, or in the flattened tensor. */
export const argmin = composed(
  "argmin",
  (input: Tensor, dim?: number | null, options: KeepDim = {}): Tensor => {
    const dims = extremumDims(input, dim, "argmin")
    return finishReduction(ops.argmin(nodeOf(input), dims), input.shape, dims, options)
  },
)

/** The value of an extremum along one dimension, whose derivative goes to the element at the index, and the index. */
function valueAndIndex(kind: "max" | "min", input: Tensor, dim: number, options: KeepDim): [Tensor, Tensor] {
  const dims = [normalizeDim(dim, input.ndim, kind)].slice(0, input.ndim)
  checkNotEmpty(input, dims, kind)
  const n = nodeOf(input)
  const [values, indices] =
    kind === "max"
      ? [ops.maxReduce(n, dims, "first"), ops.argmax(n, dims)]
      : [ops.minReduce(n, dims, "first"), ops.argmin(n, dims)]
  return [
    finishReduction(values, input.shape, dims, options),
    finishReduction(indices, input.shape, dims, options),
  ]
}

/**
 * Without a dimension the largest value of all, whose derivative ties share evenly. Along a dimension the largest
 * values and the indices of the first of each: [values, indices]; the derivative goes to the element at the index.
 * With another tensor the larger of the two, elementwise, as `maximum`.
 */
export function max(input: Tensor, dim?: null, options?: KeepDim): Tensor
export function max(input: Tensor, other: Tensor): Tensor
export function max(input: Tensor, dim: number, options?: KeepDim): [Tensor, Tensor]
export function max(
  input: Tensor,
  dim?: number | Tensor | null,
  options: KeepDim = {},
): Tensor | [Tensor, Tensor] {
  if (dim instanceof Tensor) return maximum(input, dim)
  if (dim === undefined || dim === null) return amax(input, undefined, options)
  return valueAndIndex("max", requireTensor(input, "max"), dim, options)
}

/** The smallest value: see `max`. */
export function min(input: Tensor, dim?: null, options?: KeepDim): Tensor
export function min(input: Tensor, other: Tensor): Tensor
export function min(input: Tensor, dim: number, options?: KeepDim): [Tensor, Tensor]
export function min(
  input: Tensor,
  dim?: number | Tensor | null,
  options: KeepDim = {},
): Tensor | [Tensor, Tensor] {
  if (dim instanceof Tensor) return minimum(input, dim)
  if (dim === undefined || dim === null) return amin(input, undefined, options)
  return valueAndIndex("min", requireTensor(input, "min"), dim, options)
}
