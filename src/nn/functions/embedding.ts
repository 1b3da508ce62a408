import { formatShape, NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import {
  add,
  arange,
  composed,
  div,
  eq,
  gt,
  indexAdd,
  logicalAnd,
  mul,
  noGrad,
  ones,
  scatterReduce,
  sub,
  embedding as tableRows,
  vectorNorm,
  where,
  zeros,
} from "../../tensor/index.ts"
import { changeState } from "../assign.ts"

export interface EmbeddingOptions {
  /** A row that gets no gradient. Default: none. */
  readonly paddingIdx?: number | null
  /** Rows that are looked up are first scaled down, in place, to at most this norm. Default: no limit. */
  readonly maxNorm?: number | null
  /** Order of that norm. Default: 2. */
  readonly normType?: number
  /** Divide the gradient of a row by how often it is looked up. Default: false. */
  readonly scaleGradByFreq?: boolean
}

/** How often each row of the table is looked up. */
function frequencies(input: Tensor, table: Tensor): Tensor {
  const flat = input.reshape([-1])
  const hits = ones([flat.numel()], { dtype: table.dtype })
  return indexAdd(zeros([table.shape[0]!], { dtype: table.dtype }), 0, flat, hits)
}

/** The first value with the derivative of the second. */
function withSlopesOf(value: Tensor, other: Tensor): Tensor {
  return add(other, sub(value, other).detach())
}

/**
 * The table with the rows that are looked up scaled down to a norm; the table itself is changed as well. As for every
 * change in place, no derivative passes through the scaling.
 */
function renormed(input: Tensor, weight: Tensor, maxNorm: number, normType: number): Tensor {
  const scaled = noGrad(() => {
    const norms = vectorNorm(weight, { ord: normType, dim: 1, keepdim: true })
    const used = gt(frequencies(input, weight), 0).reshape([-1, 1])
    const factors = where(logicalAnd(used, gt(norms, maxNorm)), div(maxNorm, add(norms, 1e-7)), 1)
    return mul(weight, factors)
  })
  changeState([{ target: weight, value: scaled }])
  return scaled
}

/**
 * Rows of a table: out[…] = weight[input[…]].
 *
 * Shapes: input any, int32; weight [rows, features] → input's shape and features.
 *
 * @throws NABLA_INDEX_OUT_OF_RANGE when an index whose value is known is not in 0 … rows − 1
 */
export const embedding = composed(
  "embedding",
  (input: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor => {
    const { paddingIdx = null, maxNorm = null, normType = 2, scaleGradByFreq = false } = options
    checkPadding(paddingIdx, weight)
    // The expression that the table stood for before it is renormed is the one that gets the gradient.
    const table = weight.view(weight.shape)
    const values = maxNorm === null ? table : withSlopesOf(renormed(input, weight, maxNorm, normType), table)
    const rows = tableRows(input, values, { paddingIdx })
    if (!scaleGradByFreq) return rows
    const counts = frequencies(input, weight).reshape([-1, 1])
    return withSlopesOf(rows, div(rows, tableRows(input, counts)))
  },
)

function checkPadding(paddingIdx: number | null, weight: Tensor): void {
  const rows = weight.shape[0] ?? 0
  if (paddingIdx === null || (Number.isInteger(paddingIdx) && paddingIdx >= -rows && paddingIdx < rows))
    return
  throw new NablaError("NABLA_INDEX_OUT_OF_RANGE", {
    message: "paddingIdx is no row of the table",
    where: "embedding",
    expected: `−${rows} … ${rows - 1}`,
    got: String(paddingIdx),
  })
}

export type EmbeddingBagMode = "sum" | "mean" | "max"

export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** What is made of the rows of a bag. Default: "mean". */
  readonly mode?: EmbeddingBagMode
  /** A factor for each index (mode "sum" only). */
  readonly perSampleWeights?: Tensor | null
  /** Whether the offsets end with the total number of indices. Default: false. */
  readonly includeLastOffset?: boolean
}

/** Which indices are in which bag, as an input of [bags, places] or as a list with offsets. */
interface Bags {
  readonly count: number
  /** The bag of each index of the flattened input, int32. */
  readonly of: Tensor
}

/**
 * Sums, means or maxima of rows of a table, without keeping the rows: bags of words.
 *
 * Shapes: input [bags, places] without offsets, or [total] with offsets [bags], the place where each bag starts; weight
 * [rows, features] → [bags, features]. An empty bag gives zeros. paddingIdx: indices that count as absent.
 *
 * @throws NABLA_SHAPE_MISMATCH for an input without bags, or weights of another shape than the input
 * @throws NABLA_INVALID_ARGUMENT for an unknown mode, or perSampleWeights with another mode than "sum"
 */
export const embeddingBag = composed(
  "embeddingBag",
  (
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | null = null,
    options: EmbeddingBagOptions = {},
  ): Tensor => {
    const { mode = "mean", perSampleWeights = null, includeLastOffset = false, ...rest } = options
    const bags = bagsOf(input, offsets, includeLastOffset)
    checkMode(mode, input, perSampleWeights)
    const flat = input.reshape([-1])
    const looked = embedding(flat, weight, rest)
    const rows = perSampleWeights === null ? looked : mul(looked, perSampleWeights.reshape([-1, 1]))
    const present = presence(flat, weight, rest.paddingIdx ?? null)
    if (mode === "max") return maxima(rows, bags, present)
    const kept = present === null ? rows : mul(rows, present)
    const none = zeros([bags.count, rows.shape[1]!], { dtype: rows.dtype })
    const sums = indexAdd(none, 0, bags.of, kept)
    return mode === "sum" ? sums : div(sums, sizesOf(bags, present, rows).clamp({ min: 1 }))
  },
)

function bagsOf(input: Tensor, offsets: Tensor | null, includeLastOffset: boolean): Bags {
  const wanted = offsets === null ? 2 : 1
  if (input.ndim !== wanted || (offsets !== null && offsets.ndim !== 1)) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the indices are not in bags",
      where: "embeddingBag",
      expected: "an input [bags, places], or an input [total] with offsets [bags]",
      got: offsets === null ? formatShape(input.shape) : `${formatShape(input.shape)} with offsets`,
    })
  }
  const places = input.numel()
  if (offsets === null) {
    const [count, width] = input.shape as [number, number]
    return {
      count,
      of: arange(0, places, 1, { dtype: "int32" }).div(width, { roundingMode: "floor" }).to("int32"),
    }
  }
  const starts = includeLastOffset ? offsets.narrow(0, 0, offsets.shape[0]! - 1) : offsets
  // An index is in the last bag that starts at its place or before it.
  const begun = arange(0, places, 1, { dtype: "int32" })
    .reshape([-1, 1])
    .ge(starts.reshape([1, -1]))
    .to("int32")
    .sum(1)
  return { count: starts.shape[0]!, of: begun.sub(1).to("int32") }
}

function checkMode(mode: EmbeddingBagMode, input: Tensor, weights: Tensor | null): void {
  if (mode !== "sum" && mode !== "mean" && mode !== "max") {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "there is no such mode",
      where: "embeddingBag",
      expected: "sum | mean | max",
      got: String(mode),
    })
  }
  if (weights === null) return
  if (mode !== "sum") {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "perSampleWeights are for sums",
      where: "embeddingBag",
      expected: 'mode "sum"',
      got: mode,
    })
  }
  if (formatShape(weights.shape) === formatShape(input.shape)) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "every index needs its weight",
    where: "embeddingBag",
    expected: formatShape(input.shape),
    got: formatShape(weights.shape),
  })
}

/** 1 for indices that count and 0 for padding, [total, 1]; null when all count. */
function presence(flat: Tensor, { dtype, shape }: Tensor, paddingIdx: number | null): Tensor | null {
  if (paddingIdx === null) return null
  const padding = paddingIdx < 0 ? paddingIdx + shape[0]! : paddingIdx
  return sub(1, eq(flat, padding).to(dtype)).reshape([-1, 1])
}

/** How many indices each bag has, [bags, 1]. */
function sizesOf(bags: Bags, present: Tensor | null, rows: Tensor): Tensor {
  const ofEach = present ?? ones([rows.shape[0]!, 1], { dtype: rows.dtype })
  return indexAdd(zeros([bags.count, 1], { dtype: rows.dtype }), 0, bags.of, ofEach)
}

/** The largest of each feature in each bag; the derivative goes to it. */
function maxima(rows: Tensor, bags: Bags, present: Tensor | null): Tensor {
  const lowest = Number.NEGATIVE_INFINITY
  const kept = present === null ? rows : where(present.gt(0), rows, lowest)
  const shape = [bags.count, rows.shape[1]!]
  const start = zeros(shape, { dtype: rows.dtype }).add(lowest)
  const index = bags.of.reshape([-1, 1]).expand(rows.shape)
  const found = scatterReduce(start, 0, index, kept, "amax")
  return where(sizesOf(bags, present, rows).gt(0), found, 0)
}
