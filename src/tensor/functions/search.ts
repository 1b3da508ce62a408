import { formatShape, isFloating, NablaError, numel, sameShape } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { requireTensor, resultType, toNode } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { TensorLike } from "../tensor.ts"
import { nodeOf, type Tensor, wrap } from "../tensor.ts"

export interface SearchOptions {
  /** Behind equal elements instead of before them. */
  readonly right?: boolean
  /** The same as a word. */
  readonly side?: "left" | "right" | null
  /** Indices that sort the sequence along its last dimension, when it is not sorted. */
  readonly sorter?: Tensor | null
}

/**
 * For each value the first place in a sorted sequence before which it keeps the order: the number of elements that
 * are smaller (right: not larger). A sequence [n] takes values of any shape; rows [..., n] take values [..., m].
 */
export const searchsorted = composed(
  "searchsorted",
  (sortedSequence: Tensor, input: TensorLike, options: SearchOptions = {}): Tensor => {
    const { right = false, side, sorter } = options
    const type = resultType(requireTensor(sortedSequence, "searchsorted"), input)
    const working = type === "bool" ? "int32" : type
    const n = sortedSequence.ndim
    const ordered = sorter
      ? ops.takeAlong(nodeOf(sortedSequence), ops.cast(nodeOf(sorter), "int32"), n - 1)
      : nodeOf(sortedSequence)
    const values = toNode(input, working)
    const leading = sortedSequence.shape.slice(0, -1)
    if (n === 0 || (n > 1 && !sameShape(leading, values.shape.slice(0, -1)))) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the values do not fit the rows of the sorted sequence",
        where: "searchsorted",
        expected:
          n === 0 ? "a sequence of at least one dimension" : `values of shape [${leading.join(", ")}, m]`,
        got: formatShape(n === 0 ? [] : values.shape),
      })
    }
    const rows = numel(leading)
    const asRows = (x: Node): Node => ops.reshape(x, [rows, x.aval.size / Math.max(rows, 1)])
    const after = side === undefined || side === null ? right : side === "right"
    const found = ops.searchSorted(asRows(ops.cast(ordered, working)), asRows(values), after)
    return wrap(ops.reshape(found, values.shape))
  },
)

/** The number of the interval between boundaries that each value lies in: see `searchsorted`. */
export const bucketize = composed(
  "bucketize",
  (input: TensorLike, boundaries: Tensor, options: { readonly right?: boolean } = {}): Tensor => {
    return searchsorted(boundaries, input, options)
  },
)

export interface HistogramOptions {
  /** Number of intervals of equal width (default 100). */
  readonly bins?: number
  /** Ends of the range; when both are equal (default 0), those of the data. */
  readonly min?: number
  readonly max?: number
}

/** Number of elements in each of `bins` equal intervals from min to max; what lies outside is not counted. */
export const histc = composed(
  "histc",
  (input: Tensor, { bins = 100, min = 0, max = 0 }: HistogramOptions = {}): Tensor => {
    if (
      !isFloating(requireTensor(input, "histc").dtype) ||
      !Number.isInteger(bins) ||
      bins < 1 ||
      min > max
    ) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "a histogram needs floating data, at least one interval and min ≤ max",
        where: "histc",
        got: `${input.dtype} data, ${bins} intervals from ${min} to ${max}`,
      })
    }
    const x = ops.detach(ops.reshape(nodeOf(input), [input.numel()]))
    const [low, high] = histogramRange(x, min, max)
    const inside = ops.and(ops.ge(x, low), ops.le(x, high))
    const place = ops.div(ops.scale(ops.sub(ops.where(inside, x, low), low), bins), ops.sub(high, low))
    const index = ops.minimum(ops.cast(place, "int32"), ops.constant(bins - 1, x.shape, "int32"))
    return wrap(ops.scatterAdd(ops.constant(0, [bins], x.aval.dtype), index, ops.cast(inside, x.aval.dtype)))
  },
)

/** Ends of the range for each element. */
function histogramRange(x: Node, min: number, max: number): [Node, Node] {
  if (min < max) return [ops.constantLike(x, min), ops.constantLike(x, max)]
  if (x.aval.size === 0) return [ops.constantLike(x, min), ops.constantLike(x, min + 1)]
  const low = ops.minReduce(x, [0], "first")
  const high = ops.maxReduce(x, [0], "first")
  const flat = ops.cast(ops.eq(low, high), x.aval.dtype)
  return [ops.expand(ops.sub(low, flat), x.shape), ops.expand(ops.add(high, flat), x.shape)]
}

export interface BincountOptions {
  /** What each element adds to its number's count (default 1). */
  readonly weights?: Tensor | null
  /** Least length of the result. */
  readonly minlength?: number
}

/** How often each number 0, 1, 2 … occurs in a vector of whole numbers. Reads the largest one. */
export const bincount = composed(
  "bincount",
  (input: Tensor, { weights, minlength = 0 }: BincountOptions = {}): Tensor => {
    const type = requireTensor(input, "bincount").dtype
    const values = type === "int32" && input.ndim === 1 ? readRange(input) : null
    if (values === null || values.low < 0 || (weights && !sameShape(weights.shape, input.shape))) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "bincount counts the whole numbers ≥ 0 of a vector, with a weight for each if there are any",
        where: "bincount",
        expected: "an int32 tensor of one dimension, and weights of the same shape",
        got: `${type} of shape ${formatShape(input.shape)}${values === null ? "" : `, smallest ${values.low}`}`,
      })
    }
    const each = weights ? nodeOf(weights) : ops.constant(1, input.shape, "int32")
    const added = isFloating(each.aval.dtype) ? each : ops.cast(each, "int32")
    const empty = ops.constant(0, [Math.max(values.high + 1, minlength)], added.aval.dtype)
    return wrap(empty.aval.size === 0 ? empty : ops.scatterAdd(empty, nodeOf(input), added))
  },
)

function readRange(input: Tensor): { low: number; high: number } {
  let [low, high] = [0, -1]
  for (const value of input.dataSync()) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return { low, high }
}
