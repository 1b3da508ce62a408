import type { DType, Shape } from "../../base/index.ts"
import { formatShape, isFloating, normalizeDim, sameShape } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import type { IndexMap } from "../../ops/index.ts"
import * as ops from "../../ops/index.ts"
import { scalarNode, valueNode } from "../arguments.ts"
import { composed } from "../composed.ts"
import {
  along,
  checkCovered,
  checkVector,
  mapAlong,
  mapSlices,
  valuesError,
  withDim,
  writeStatic,
} from "../index-maps.ts"
import { indexNode, wrapIndex } from "../indices.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { nodeOf, Tensor as TensorClass, wrap } from "../tensor.ts"
import { reshape } from "./shape.ts"

export interface ScatterOptions {
  /** How values join what is there; absent: they replace it. */
  readonly reduce?: "add" | "multiply"
}

/**
 * The tensor with values put where an index tensor says: out[index[i][j][k]][j][k] = src[i][j][k] for dim 0, and
 * likewise for the others. Of several values for one place the last one stays, and it alone gets the derivative.
 */
export const scatter = composed(
  "scatter",
  (input: Tensor, dim: number, index: Tensor, src: TensorLike, { reduce }: ScatterOptions = {}): Tensor => {
    return scattered(input, dim, index, src, "scatter", (x, values, indices, map) => {
      if (reduce === "add") return ops.add(x, ops.scatterSum(values, indices, map))
      if (reduce === "multiply") return ops.scatterProduct(x, values, indices, map)
      return ops.scatterSet(x, values, indices, map)
    })
  },
)

/** The tensor with values added where an index tensor says; values for one place add up. */
export const scatterAdd = composed(
  "scatterAdd",
  (input: Tensor, dim: number, index: Tensor, src: Tensor): Tensor => {
    return scattered(input, dim, index, src, "scatterAdd", (x, values, indices, map) =>
      ops.add(x, ops.scatterSum(values, indices, map)),
    )
  },
)

export interface ScatterReduceOptions {
  /** Whether the input's own elements take part where values arrive (default true). */
  readonly includeSelf?: boolean
}

/**
 * The tensor joined with values where an index tensor says, by sum, prod, mean, amax or amin. Extremes share the
 * derivative evenly among all that attain them.
 */
export const scatterReduce = composed(
  "scatterReduce",
  (
    input: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
    reduce: "sum" | "prod" | "mean" | "amax" | "amin",
    { includeSelf = true }: ScatterReduceOptions = {},
  ): Tensor => {
    return scattered(input, dim, index, src, "scatterReduce", (x, values, indices, map) => {
      const start = includeSelf ? x : withoutTargets(x, indices, map, neutral(reduce, x.aval.dtype))
      switch (reduce) {
        case "sum":
          return ops.add(start, ops.scatterSum(values, indices, map))
        case "prod":
          return ops.scatterProduct(start, values, indices, map)
        case "mean": {
          const own = includeSelf ? ops.constantLike(x, 1) : ops.constantLike(x, 0)
          const count = ops.add(own, ops.scatterSum(ops.constantLike(values, 1), indices, map))
          const total = ops.add(start, ops.scatterSum(values, indices, map))
          return quotient(total, ops.maximum(count, ops.constantLike(count, 1)))
        }
        default:
          return ops.scatterExtreme(start, values, indices, {
            ...map,
            extreme: reduce === "amax" ? "max" : "min",
            identity: neutral(reduce, x.aval.dtype),
          })
      }
    })
  },
)

/** a / b, rounded down for whole numbers. */
function quotient(a: Node, b: Node): Node {
  const { dtype } = a.aval
  if (isFloating(dtype)) return ops.div(a, b)
  return ops.cast(ops.floor(ops.div(ops.cast(a, "float64"), ops.cast(b, "float64"))), dtype)
}

/** What changes nothing when it is joined to a value. */
function neutral(reduce: "sum" | "prod" | "mean" | "amax" | "amin", dtype: DType): number {
  if (reduce === "prod") return 1
  if (reduce !== "amax" && reduce !== "amin") return 0
  const lowest = isFloating(dtype) ? -Infinity : -(2 ** 31)
  return reduce === "amax" ? lowest : isFloating(dtype) ? Infinity : 2 ** 31 - 1
}

/** The table with a neutral element wherever values arrive. */
function withoutTargets(x: Node, indices: readonly Node[], map: IndexMap, value: number): Node {
  const values = ops.constant(value, map.picked, x.aval.dtype)
  return ops.scatterSet(x, values, indices, map)
}

type Writer = (x: Node, values: Node, indices: readonly Node[], map: IndexMap) => Node

function scattered(
  input: Tensor,
  dim: number,
  index: Tensor,
  src: TensorLike,
  where: string,
  write: Writer,
): Tensor {
  if (input.ndim === 0) {
    const values = src instanceof TensorClass ? withDim(src) : src
    return reshape(scattered(withDim(input), dim, withDim(index), values, where, write), [])
  }
  const at = normalizeDim(dim, input.ndim, where)
  checkCovered(index.shape, input.shape, at, where)
  const node = indexNode(index, { size: input.shape[at]!, where, negative: false })
  const values = coveredValues(valueNode(src, input.dtype, where), index.shape, where)
  return wrap(write(nodeOf(input), values, [node], mapAlong(input.shape, at, index.shape)))
}

/** The values that belong to the indices: a number for all, or the leading part of a tensor. */
function coveredValues(values: Node, index: Shape, where: string): Node {
  if (values.shape.length === 0) return ops.expand(values, index)
  const fits = values.shape.length === index.length && index.every((size, d) => size <= values.shape[d]!)
  if (!fits) throw valuesError(where, `at least ${formatShape(index)}`, values.shape)
  const zeros = index.map(() => 0)
  return ops.slice(values, { start: zeros, size: index, step: index.map(() => 1) })
}

/** The tensor with slices put, or added, at the indices of a vector along a dimension. */
function writeSlices(
  input: Tensor,
  dim: number,
  index: Tensor,
  source: TensorLike,
  where: string,
  write: Writer,
): Tensor {
  checkVector(index, where)
  if (input.ndim === 0) {
    const values = source instanceof TensorClass ? withDim(source) : source
    return reshape(writeSlices(withDim(input), dim, index, values, where, write), [])
  }
  const at = normalizeDim(dim, input.ndim, where)
  const node = indexNode(withDim(index), { size: input.shape[at]!, where, negative: false })
  const map = mapSlices(input.shape, at, node.shape)
  const values = valueNode(source, input.dtype, where)
  if (values.shape.length > 0 && !sameShape(values.shape, map.picked)) {
    throw valuesError(where, formatShape(map.picked), values.shape)
  }
  return wrap(write(nodeOf(input), ops.expand(values, map.picked), [node], map))
}

/** input, plus alpha·source[i] added to slice index[i] along a dimension; equal indices add up. */
export const indexAdd = composed(
  "indexAdd",
  (
    input: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    { alpha = 1 }: { readonly alpha?: number } = {},
  ): Tensor => {
    return writeSlices(input, dim, index, source, "indexAdd", (x, values, indices, map) => {
      const scaled =
        alpha === 1 ? values : ops.mul(values, ops.expand(scalarNode(alpha, input.dtype), map.picked))
      return ops.add(x, ops.scatterSum(scaled, indices, map))
    })
  },
)

/** input with source[i] in place of slice index[i] along a dimension; of equal indices the last one stays. */
export const indexCopy = composed(
  "indexCopy",
  (input: Tensor, dim: number, index: Tensor, source: Tensor): Tensor => {
    return writeSlices(input, dim, index, source, "indexCopy", ops.scatterSet)
  },
)

/** input with a number in the slices at the indices along a dimension. */
export const indexFill = composed(
  "indexFill",
  (input: Tensor, dim: number, index: Tensor, value: TensorLike): Tensor => {
    return writeSlices(input, dim, index, value, "indexFill", ops.scatterSet)
  },
)

/** input with another tensor in place of the slice at one index of a dimension. */
export const selectScatter = composed(
  "selectScatter",
  (input: Tensor, src: Tensor, dim: number, index: number): Tensor => {
    const at = normalizeDim(dim, input.ndim, "selectScatter")
    const place = wrapIndex(index, input.shape[at] ?? 0, "selectScatter", at)
    const picked = input.shape.filter((_, d) => d !== at)
    const sources = input.shape.map((_, d) =>
      d === at ? ({ kind: "fixed", at: place } as const) : along(d < at ? d : d - 1),
    )
    return writeStatic(input, src, { table: input.shape, picked, sources }, "selectScatter")
  },
)

export interface SliceScatterOptions {
  readonly dim?: number
  readonly start?: number | null
  readonly end?: number | null
  readonly step?: number
}

/** input with another tensor in place of the slice start, start + step, … below end of a dimension. */
export const sliceScatter = composed(
  "sliceScatter",
  (input: Tensor, src: Tensor, options: SliceScatterOptions = {}): Tensor => {
    const { dim = 0, start, end, step = 1 } = options
    const at = normalizeDim(dim, input.ndim, "sliceScatter")
    const size = input.shape[at] ?? 0
    const bound = (value: number): number => Math.min(Math.max(value < 0 ? value + size : value, 0), size)
    const from = bound(start ?? 0)
    const count = Math.max(0, Math.ceil((bound(end ?? size) - from) / step))
    const picked = input.shape.map((s, d) => (d === at ? count : s))
    const sources = input.shape.map((_, d) =>
      d === at ? ({ kind: "slice", dim: d, start: from, step } as const) : along(d),
    )
    return writeStatic(input, src, { table: input.shape, picked, sources }, "sliceScatter")
  },
)
