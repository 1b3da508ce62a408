import type { Shape } from "../../base/index.ts"
import { broadcastShapes, formatShape, NablaError, normalizeDim, numel } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { requireTensor } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

/** The same elements in row-major order under another shape; one size may be -1. */
export const reshape = composed("reshape", (input: Tensor, shape: Shape): Tensor => {
  return wrap(ops.reshape(nodeOf(input), inferShape(shape, input, "reshape")))
})

export const view = composed("view", (input: Tensor, shape: Shape): Tensor => {
  return reshape(input, shape)
})

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
export const permute = composed("permute", (input: Tensor, dims: readonly number[]): Tensor => {
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
})

/** Swaps two dimensions. */
export const transpose = composed("transpose", (input: Tensor, dim0: number, dim1: number): Tensor => {
  const a = normalizeDim(dim0, input.ndim, "transpose")
  const b = normalizeDim(dim1, input.ndim, "transpose")
  return wrap(
    ops.permute(
      nodeOf(input),
      input.shape.map((_, i) => (i === a ? b : i === b ? a : i)),
    ),
  )
})

/** Transpose of a matrix; vectors and scalars stay as they are. */
export const t = composed("t", (input: Tensor): Tensor => {
  return input.ndim < 2 ? input : transpose(input, 0, 1)
})

/** Joins dimensions startDim … endDim into one. */
export const flatten = composed("flatten", (input: Tensor, startDim = 0, endDim = -1): Tensor => {
  if (input.ndim === 0) return reshape(input, [1])
  const start = normalizeDim(startDim, input.ndim, "flatten")
  const end = normalizeDim(endDim, input.ndim, "flatten")
  const { shape } = input
  return reshape(input, [
    ...shape.slice(0, start),
    numel(shape.slice(start, end + 1)),
    ...shape.slice(end + 1),
  ])
})

/** Adds a dimension of size 1 at `dim`. */
export const unsqueeze = composed("unsqueeze", (input: Tensor, dim: number): Tensor => {
  const at = normalizeDim(dim, input.ndim + 1, "unsqueeze")
  return reshape(input, [...input.shape.slice(0, at), 1, ...input.shape.slice(at)])
})

/** Removes a dimension (or several, or all) of size 1. */
export const squeeze = composed("squeeze", (input: Tensor, dim?: number | readonly number[]): Tensor => {
  const dims =
    dim === undefined
      ? null
      : (typeof dim === "number" ? [dim] : dim).map((d) => normalizeDim(d, input.ndim, "squeeze"))
  return reshape(
    input,
    input.shape.filter((size, i) => size !== 1 || (dims !== null && !dims.includes(i))),
  )
})

/** Stretches dimensions of size 1 to the given sizes (-1 keeps one) and adds leading ones. */
export const expand = composed("expand", (input: Tensor, size: Shape): Tensor => {
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
})

export const broadcastTo = composed("broadcastTo", (input: Tensor, size: Shape): Tensor => {
  return expand(input, size)
})

/** The tensor stretched to another one's shape. */
export const expandAs = composed("expandAs", (input: Tensor, other: Tensor): Tensor => {
  return expand(input, other.shape)
})

/** The same elements under another tensor's shape. */
export const reshapeAs = composed("reshapeAs", (input: Tensor, other: Tensor): Tensor => {
  return reshape(input, other.shape)
})

/** Tensors stretched to their common shape. */
export const broadcastTensors = composed("broadcastTensors", (tensors: readonly Tensor[]): Tensor[] => {
  const shape = tensors
    .map((tensor) => tensor.shape)
    .reduce((a, b) => broadcastShapes(a, b, "broadcastTensors"), [] as Shape)
  return tensors.map((tensor) => expand(tensor, shape))
})

/** All elements in one dimension. */
export const ravel = composed("ravel", (input: Tensor): Tensor => {
  return reshape(input, [-1])
})

/** One dimension taken apart into several; one of the sizes may be -1. */
export const unflatten = composed("unflatten", (input: Tensor, dim: number, sizes: Shape): Tensor => {
  const at = normalizeDim(dim, input.ndim, "unflatten")
  const total = input.shape[at]!
  const known = numel(sizes.filter((size) => size !== -1))
  const inner = sizes.map((size) => (size === -1 ? total / known : size))
  if (numel(inner) !== total || inner.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the sizes do not make up the dimension",
      where: "unflatten",
      expected: `sizes with product ${total}, of which one may be -1`,
      got: formatShape(sizes),
    })
  }
  return reshape(input, [...input.shape.slice(0, at), ...inner, ...input.shape.slice(at + 1)])
})

/** Moves dimensions to other places; the rest keep their order. */
export const movedim = composed(
  "movedim",
  (input: Tensor, source: number | readonly number[], destination: number | readonly number[]): Tensor => {
    const list = (dims: number | readonly number[]): number[] =>
      (typeof dims === "number" ? [dims] : dims).map((dim) => normalizeDim(dim, input.ndim, "movedim"))
    const from = list(source)
    const to = list(destination)
    if (from.length !== to.length || new Set(from).size < from.length || new Set(to).size < to.length) {
      throw new NablaError("NABLA_INVALID_DIM", {
        message: "movedim needs a place of its own for each dimension that moves",
        where: "movedim",
        expected: "as many different destinations as sources",
        got: `${formatShape(from)} to ${formatShape(to)}`,
      })
    }
    const order = new Array<number>(input.ndim).fill(-1)
    to.forEach((place, i) => {
      order[place] = from[i]!
    })
    const rest = input.shape.map((_, i) => i).filter((i) => !from.includes(i))
    return wrap(
      ops.permute(
        nodeOf(input),
        order.map((dim) => (dim < 0 ? rest.shift()! : dim)),
      ),
    )
  },
)

/** At least one dimension: a scalar becomes [1]. */
export const atleast1d = composed("atleast1d", (input: Tensor): Tensor => {
  return input.ndim >= 1 ? input : reshape(input, [1])
})

/** At least two dimensions: a vector becomes one row. */
export const atleast2d = composed("atleast2d", (input: Tensor): Tensor => {
  return input.ndim >= 2 ? input : reshape(input, [1, input.numel()])
})

/** At least three dimensions: [n] becomes [1, n, 1], [n, m] becomes [n, m, 1]. */
export const atleast3d = composed("atleast3d", (input: Tensor): Tensor => {
  if (input.ndim >= 3) return input
  return reshape(input, [...atleast2d(input).shape, 1])
})

/** The value without its derivative. */
export const detach = composed("detach", (input: Tensor): Tensor => {
  return input.node.tracked ? wrap(ops.detach(input.node)) : wrap(input.node)
})

/** The same values, with the derivative, in memory of their own: kept when an optimizer replaces the original's. */
export const clone = composed("clone", (input: Tensor): Tensor => {
  const x = nodeOf(input)
  return wrap(input.dtype === "bool" ? ops.and(x, x) : ops.mul(x, ops.constantLike(x, 1)))
})

/**
 * The same values, which are computed once and kept in memory instead of within the computations that use them. That pays
 * between a computation that is dear and one that reads it at several places of its choice, such as `gridSample`.
 */
export const materialize = composed(
  "materialize",
  (input: Tensor): Tensor => wrap(ops.materialize(nodeOf(input))),
)

/** The tensor itself: how elements lie in memory is nabla's own affair. */
export const contiguous = composed(
  "contiguous",
  (input: Tensor): Tensor => requireTensor(input, "contiguous"),
)
