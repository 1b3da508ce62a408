import type { DType, Shape } from "../../base/index.ts"
import { formatShape, NablaError, normalizeDim, numel } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

/** The same elements in row-major order under another shape; one size may be -1. */
export function reshape(input: Tensor, shape: Shape): Tensor {
  return wrap(ops.reshape(nodeOf(input), inferShape(shape, input, "reshape")))
}

export function view(input: Tensor, shape: Shape): Tensor {
  return reshape(input, shape)
}

function inferShape(shape: Shape, input: Tensor, where: string): number[] {
  const total = input.numel()
  const open = shape.indexOf(-1)
  const known = numel(shape.filter((size) => size !== -1))
  const out = [...shape]
  if (open >= 0 && known > 0) out[open] = total / known
  const bad = shape.some((size) => !Number.isInteger(size) || size < -1) || shape.indexOf(-1, open + 1) > open
  if (bad || numel(out) !== total || out.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the shape does not hold the tensor's elements",
      where,
      expected: `a shape of ${total} elements, with at most one -1`,
      got: `${formatShape(shape)} for a tensor of shape ${formatShape(input.shape)}`,
    })
  }
  return out
}

/** Dimensions in another order. */
export function permute(input: Tensor, dims: readonly number[]): Tensor {
  const order = dims.map((dim) => normalizeDim(dim, input.ndim, "permute"))
  if (order.length !== input.ndim || new Set(order).size !== order.length) {
    throw new NablaError("NABLA_INVALID_DIM", {
      message: "permute needs every dimension once",
      where: "permute",
      expected: `${input.ndim} different dimensions`,
      got: formatShape(dims),
    })
  }
  return wrap(ops.permute(nodeOf(input), order))
}

/** Swaps two dimensions. */
export function transpose(input: Tensor, dim0: number, dim1: number): Tensor {
  const a = normalizeDim(dim0, input.ndim, "transpose")
  const b = normalizeDim(dim1, input.ndim, "transpose")
  return wrap(
    ops.permute(
      nodeOf(input),
      input.shape.map((_, i) => (i === a ? b : i === b ? a : i)),
    ),
  )
}

/** Transpose of a matrix; vectors and scalars stay as they are. */
export function t(input: Tensor): Tensor {
  return input.ndim < 2 ? input : transpose(input, 0, 1)
}

/** Joins dimensions startDim … endDim into one. */
export function flatten(input: Tensor, startDim = 0, endDim = -1): Tensor {
  if (input.ndim === 0) return reshape(input, [1])
  const start = normalizeDim(startDim, input.ndim, "flatten")
  const end = normalizeDim(endDim, input.ndim, "flatten")
  const { shape } = input
  return reshape(input, [
    ...shape.slice(0, start),
    numel(shape.slice(start, end + 1)),
    ...shape.slice(end + 1),
  ])
}

/** Adds a dimension of size 1 at `dim`. */
export function unsqueeze(input: Tensor, dim: number): Tensor {
  const at = normalizeDim(dim, input.ndim + 1, "unsqueeze")
  return reshape(input, [...input.shape.slice(0, at), 1, ...input.shape.slice(at)])
}

/** Removes a dimension (or several, or all) of size 1. */
export function squeeze(input: Tensor, dim?: number | readonly number[]): Tensor {
  const dims =
    dim === undefined
      ? null
      : (typeof dim === "number" ? [dim] : dim).map((d) => normalizeDim(d, input.ndim, "squeeze"))
  return reshape(
    input,
    input.shape.filter((size, i) => size !== 1 || (dims !== null && !dims.includes(i))),
  )
}

/** Stretches dimensions of size 1 to the given sizes (-1 keeps one) and adds leading ones. */
export function expand(input: Tensor, size: Shape): Tensor {
  const offset = size.length - input.ndim
  const shape = size.map((s, i) => (s === -1 ? (input.shape[i - offset] ?? -1) : s))
  const fits =
    offset >= 0 && input.shape.every((s, i) => s === 1 || s === shape[i + offset]) && !shape.includes(-1)
  if (!fits) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "only dimensions of size 1 can be expanded",
      where: "expand",
      expected: `a shape that ends in ${formatShape(input.shape)}, up to sizes of 1`,
      got: formatShape(size),
    })
  }
  return wrap(ops.expand(nodeOf(input), shape))
}

export function broadcastTo(input: Tensor, size: Shape): Tensor {
  return expand(input, size)
}

/** The tensor with another element type. */
export function to(input: Tensor, dtype: DType): Tensor {
  return wrap(ops.cast(nodeOf(input), dtype))
}

/** The value without its derivative. */
export function detach(input: Tensor): Tensor {
  return input.node.tracked ? wrap(ops.detach(input.node)) : wrap(input.node)
}
