import type { Shape } from "../../base/index.ts"
import { broadcastShapes, formatShape, NablaError, normalizeDim, numel } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { requireTensor } from "../arguments.ts"
import { composed } from "../composed.ts"
import { checkCovered, checkVector, mapAlong, mapSlices, withDim } from "../index-maps.ts"
import { checkIndexType, indexNode } from "../indices.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { expand, reshape } from "./shape.ts"

/** out[i][j][k] = input[index[i][j][k]][j][k] for dim 0, and likewise for the others; indices from 0 to size - 1. */
export const gather = composed("gather", (input: Tensor, dim: number, index: Tensor): Tensor => {
  if (input.ndim === 0) return reshape(gather(withDim(input), dim, withDim(index)), index.shape)
  const at = normalizeDim(dim, input.ndim, "gather")
  checkCovered(index.shape, input.shape, at, "gather")
  const where = indexNode(index, { size: input.shape[at]!, where: "gather", negative: false })
  return wrap(ops.gather(nodeOf(input), [where], mapAlong(input.shape, at, index.shape)))
})

/** gather with the other dimensions broadcast; without dim, from the flattened tensor. Fits argsort and argmax. */
export const takeAlongDim = composed(
  "takeAlongDim",
  (input: Tensor, indices: Tensor, dim?: number | null): Tensor => {
    if (dim === undefined || dim === null) {
      return takeAlongDim(reshape(input, [-1]), reshape(indices, [-1]), 0)
    }
    const at = normalizeDim(dim, input.ndim, "takeAlongDim")
    if (indices.ndim !== input.ndim) checkCovered(indices.shape, input.shape, at, "takeAlongDim")
    const others = (shape: Shape): number[] => shape.map((size, d) => (d === at ? 1 : size))
    const shape = broadcastShapes(others(input.shape), others(indices.shape), "takeAlongDim")
    const sized = (size: number): number[] => shape.map((s, d) => (d === at ? size : s))
    const table = expand(input, sized(input.shape[at]!))
    const index = expand(indices, sized(indices.shape[at]!))
    const where = indexNode(indices, { size: input.shape[at]!, where: "takeAlongDim", negative: false })
    return wrap(
      ops.gather(nodeOf(table), [ops.expand(where, index.shape)], mapAlong(table.shape, at, index.shape)),
    )
  },
)

/** Elements of the flattened tensor; negative indices count from the end. */
export const take = composed("take", (input: Tensor, index: Tensor): Tensor => {
  const where = indexNode(index, { size: input.numel(), where: "take", negative: true })
  return wrap(ops.take(ops.reshape(nodeOf(input), [input.numel()]), where))
})

/** The slices at the indices of a vector, along a dimension. */
export const indexSelect = composed("indexSelect", (input: Tensor, dim: number, index: Tensor): Tensor => {
  checkVector(index, "indexSelect")
  if (input.ndim === 0) return reshape(indexSelect(withDim(input), dim, index), [])
  const at = normalizeDim(dim, input.ndim, "indexSelect")
  const where = indexNode(withDim(index), { size: input.shape[at]!, where: "indexSelect", negative: false })
  return wrap(ops.gather(nodeOf(input), [where], mapSlices(input.shape, at, where.shape)))
})

export interface EmbeddingOptions {
  /** A row that gets no gradient. */
  readonly paddingIdx?: number | null
}

/**
 * Rows of a table: out[…] = weight[input[…]].
 *
 * Shapes: input any, int32; weight [rows, features]; result input's shape and features.
 *
 * @throws NABLA_INDEX_OUT_OF_RANGE when an index whose value is known is not in 0 … rows - 1
 */
export const embedding = composed(
  "embedding",
  (input: Tensor, weight: Tensor, { paddingIdx }: EmbeddingOptions = {}): Tensor => {
    requireTensor(weight, "embedding")
    if (weight.ndim !== 2) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the table of an embedding is a matrix",
        where: "embedding",
        expected: "[rows, features]",
        got: formatShape(weight.shape),
      })
    }
    const [rows] = weight.shape as [number, number]
    const index = indexNode(input, { size: rows, where: "embedding", negative: false })
    const picked = ops.gather(nodeOf(weight), [index], mapSlices(weight.shape, 0, input.shape))
    if (paddingIdx === undefined || paddingIdx === null) return wrap(picked)
    const padding = paddingIdx < 0 ? paddingIdx + rows : paddingIdx
    const isPadding = ops.eq(index, ops.constantLike(index, padding))
    const mask = ops.expand(ops.reshape(isPadding, [...input.shape, 1]), picked.shape)
    return wrap(ops.where(mask, ops.detach(picked), picked))
  },
)

/**
 * Classes as rows of zeros with one 1, as int32: out[…][c] = (input[…] = c). Without numClasses the largest class is
 * read from the values.
 */
export const oneHot = composed("oneHot", (input: Tensor, numClasses = -1): Tensor => {
  checkIndexType(input, "oneHot")
  const classes =
    numClasses >= 0 ? numClasses : numel(input.shape) === 0 ? 0 : Math.max(...input.dataSync()) + 1
  const index = indexNode(input, { size: classes, where: "oneHot", negative: false })
  const shape = [...input.shape, classes]
  const column = ops.iota(shape, [input.ndim])
  return wrap(ops.cast(ops.eq(ops.expand(ops.reshape(index, [...input.shape, 1]), shape), column), "int32"))
})
