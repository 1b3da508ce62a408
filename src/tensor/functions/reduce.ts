import type { Shape } from "../../base/index.ts"
import { NablaError, normalizeDim, normalizeDims, numel } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType } from "../arguments.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

/** One dimension, several, or (absent or empty) all of them. */
export type Dims = number | readonly number[] | undefined | null

export interface KeepDim {
  /** Keep reduced dimensions at size 1. */
  readonly keepdim?: boolean
}

function finish(reduced: Node, shape: Shape, dims: readonly number[], { keepdim }: KeepDim): Tensor {
  return wrap(keepdim ? ops.reshape(reduced, ops.keptDims(shape, dims)) : reduced)
}

/** Σ over dimensions. Integers and bools add up in int32. */
export function sum(input: Tensor, dim?: Dims, options: KeepDim = {}): Tensor {
  const dims = normalizeDims(dim, input.ndim, "sum")
  return finish(ops.sum(nodeOf(input), dims), input.shape, dims, options)
}

/** Mean over dimensions; integers are averaged in float32. */
export function mean(input: Tensor, dim?: Dims, options: KeepDim = {}): Tensor {
  const dims = normalizeDims(dim, input.ndim, "mean")
  const n = ops.cast(nodeOf(input), floatType(input.dtype))
  const total = ops.sum(n, dims)
  const count = numel(dims.map((d) => input.shape[d]!))
  return finish(ops.mul(total, ops.constantLike(total, 1 / count)), input.shape, dims, options)
}

/** Π over dimensions. */
export function prod(input: Tensor, dim?: Dims, options: KeepDim = {}): Tensor {
  const dims = normalizeDims(dim, input.ndim, "prod")
  const n = input.dtype === "bool" ? ops.cast(nodeOf(input), "int32") : nodeOf(input)
  return finish(ops.prod(n, dims), input.shape, dims, options)
}

function checkNotEmpty(input: Tensor, dims: readonly number[], where: string): void {
  if (dims.every((dim) => input.shape[dim]! > 0)) return
  throw new NablaError("NABLA_EMPTY_DATA", {
    message: "an extremum over no elements does not exist",
    where,
    expected: "at least one element in each reduced dimension",
    got: `shape [${input.shape.join(", ")}]`,
  })
}

/** Largest value over dimensions; ties share the derivative evenly. */
export function amax(input: Tensor, dim?: Dims, options: KeepDim = {}): Tensor {
  const dims = normalizeDims(dim, input.ndim, "amax")
  checkNotEmpty(input, dims, "amax")
  return finish(ops.maxReduce(nodeOf(input), dims, "even"), input.shape, dims, options)
}

/** Smallest value over dimensions; ties share the derivative evenly. */
export function amin(input: Tensor, dim?: Dims, options: KeepDim = {}): Tensor {
  const dims = normalizeDims(dim, input.ndim, "amin")
  checkNotEmpty(input, dims, "amin")
  return finish(ops.minReduce(nodeOf(input), dims, "even"), input.shape, dims, options)
}

/** Index of the first largest value along a dimension, or in the flattened tensor. */
export function argmax(input: Tensor, dim?: number | null, options: KeepDim = {}): Tensor {
  const dims =
    dim === undefined || dim === null
      ? normalizeDims(undefined, input.ndim, "argmax")
      : [normalizeDim(dim, input.ndim, "argmax")]
  checkNotEmpty(input, dims, "argmax")
  return finish(ops.argmax(nodeOf(input), dims), input.shape, dims, options)
}

/** Index of the first smallest value along a dimension, or in the flattened tensor. */
export function argmin(input: Tensor, dim?: number | null, options: KeepDim = {}): Tensor {
  const dims =
    dim === undefined || dim === null
      ? normalizeDims(undefined, input.ndim, "argmin")
      : [normalizeDim(dim, input.ndim, "argmin")]
  checkNotEmpty(input, dims, "argmin")
  return finish(ops.argmin(nodeOf(input), dims), input.shape, dims, options)
}

/** True where any element is not zero. */
export function any(input: Tensor, dim?: Dims, options: KeepDim = {}): Tensor {
  const dims = normalizeDims(dim, input.ndim, "any")
  return finish(ops.maxReduce(ops.cast(nodeOf(input), "bool"), dims, "first"), input.shape, dims, options)
}

/** True where no element is zero. */
export function all(input: Tensor, dim?: Dims, options: KeepDim = {}): Tensor {
  const dims = normalizeDims(dim, input.ndim, "all")
  return finish(ops.minReduce(ops.cast(nodeOf(input), "bool"), dims, "first"), input.shape, dims, options)
}

export interface Correction extends KeepDim {
  /** Subtracted from the number of elements: 1 (default) for the unbiased estimate, 0 for the plain mean square. */
  readonly correction?: number
}

/** Variance Σ(x − mean)²/(n − correction). */
export function variance(input: Tensor, dim?: Dims, options: Correction = {}): Tensor {
  const { correction = 1, ...keep } = options
  const dims = normalizeDims(dim, input.ndim, "var")
  const n = ops.cast(nodeOf(input), floatType(input.dtype))
  const count = numel(dims.map((d) => input.shape[d]!))
  const total = ops.sum(n, dims)
  const centre = ops.spread(ops.mul(total, ops.constantLike(total, 1 / count)), input.shape, dims)
  const deviation = ops.sub(n, centre)
  const squares = ops.sum(ops.mul(deviation, deviation), dims)
  return finish(
    ops.mul(squares, ops.constantLike(squares, 1 / Math.max(count - correction, 0))),
    input.shape,
    dims,
    keep,
  )
}

/** Standard deviation: √variance. */
export function std(input: Tensor, dim?: Dims, options: Correction = {}): Tensor {
  return wrap(ops.sqrt(variance(input, dim, options).node))
}

/** ln Σ eˣ, shifted by the maximum so that nothing overflows. */
export function logsumexp(input: Tensor, dim: Dims, options: KeepDim = {}): Tensor {
  const dims = normalizeDims(dim, input.ndim, "logsumexp")
  const n = ops.cast(nodeOf(input), floatType(input.dtype))
  const highest = ops.detach(finiteMaximum(n, dims))
  const shifted = ops.sub(n, ops.spread(highest, n.shape, dims))
  const value = ops.add(ops.log(ops.sum(ops.exp(shifted), dims)), highest)
  return finish(value, input.shape, dims, options)
}

/** The maximum, with 0 in place of infinities: a shift that never makes ∞ − ∞. */
export function finiteMaximum(n: Node, dims: readonly number[]): Node {
  const highest = ops.maxReduce(n, dims, "first")
  const infinite = ops.eq(ops.abs(highest), ops.constantLike(highest, Number.POSITIVE_INFINITY))
  return ops.where(infinite, ops.constantLike(highest, 0), highest)
}

/** e^x / Σ e^x along a dimension. */
export function softmax(input: Tensor, dim: number): Tensor {
  const dims = [normalizeDim(dim, input.ndim, "softmax")]
  const n = ops.cast(nodeOf(input), floatType(input.dtype))
  const shifted = ops.sub(n, ops.spread(ops.detach(finiteMaximum(n, dims)), n.shape, dims))
  const powers = ops.exp(shifted)
  return wrap(ops.div(powers, ops.spread(ops.sum(powers, dims), n.shape, dims)))
}

/** ln softmax, computed as x − logsumexp(x). */
export function logSoftmax(input: Tensor, dim: number): Tensor {
  const dims = [normalizeDim(dim, input.ndim, "logSoftmax")]
  const n = ops.cast(nodeOf(input), floatType(input.dtype))
  const shifted = ops.sub(n, ops.spread(ops.detach(finiteMaximum(n, dims)), n.shape, dims))
  return wrap(ops.sub(shifted, ops.spread(ops.log(ops.sum(ops.exp(shifted), dims)), n.shape, dims)))
}
