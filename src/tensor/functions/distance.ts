import { broadcastShapes, formatShape, NablaError, normalizeDim } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { broadcastArguments, floatType, resultType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { add, div, mul, sub } from "./arithmetic.ts"
import { vectorNorm } from "./norm.ts"
import { sum } from "./reduce.ts"
import { expand, unsqueeze } from "./shape.ts"

/** max(x, least), whose derivative is that of x from `least` on. */
function atLeast(x: Tensor, least: number): Tensor {
  const n = nodeOf(x)
  const bound = ops.constantLike(n, least)
  return wrap(ops.where(ops.lt(n, bound), bound, n))
}

export interface NormalizeOptions {
  /** Order of the norm (default 2). */
  readonly p?: number
  /** Dimension or dimensions of the vectors (default 1). */
  readonly dim?: number | readonly number[]
  /** Least number to divide by (default 1e-12). */
  readonly eps?: number
}

/** Vectors divided by their norms: x / max(‖x‖, eps). */
export const normalize = composed("normalize", (input: Tensor, options: NormalizeOptions = {}): Tensor => {
  const { p = 2, dim = 1, eps = 1e-12 } = options
  return div(input, atLeast(vectorNorm(input, { ord: p, dim, keepdim: true }), eps))
})

export interface CosineSimilarityOptions {
  /** Dimension of the vectors (default 1). */
  readonly dim?: number
  /** Least norm to divide by (default 1e-8). */
  readonly eps?: number
}

/** Cosine of the angle between vectors: x1·x2 / (max(‖x1‖, eps)·max(‖x2‖, eps)). The arguments broadcast. */
export const cosineSimilarity = composed(
  "cosineSimilarity",
  (x1: Tensor, x2: Tensor, options: CosineSimilarityOptions = {}): Tensor => {
    const { dim = 1, eps = 1e-8 } = options
    const where = "cosineSimilarity"
    const [a, b] = broadcastArguments(where, [x1, x2], floatType(resultType(x1, x2))).map(wrap)
    const at = normalizeDim(dim, a!.ndim, where)
    const unit = (x: Tensor): Tensor => normalize(x, { dim: at, eps })
    return sum(mul(unit(a!), unit(b!)), at)
  },
)

export interface PairwiseDistanceOptions {
  /** Order of the norm (default 2). */
  readonly p?: number
  /** Added to each difference (default 1e-6), which keeps the derivative finite. */
  readonly eps?: number
  readonly keepdim?: boolean
}

/** Norms of the differences along the last dimension: ‖x1 − x2 + eps‖. */
export const pairwiseDistance = composed(
  "pairwiseDistance",
  (x1: Tensor, x2: Tensor, options: PairwiseDistanceOptions = {}): Tensor => {
    const { p = 2, eps = 1e-6, keepdim = false } = options
    return vectorNorm(add(sub(x1, x2), eps), { ord: p, dim: -1, keepdim })
  },
)

export interface CdistOptions {
  /** Order of the norm (default 2). */
  readonly p?: number
}

/** Distances between all pairs of rows: x1 [..., P, M], x2 [..., R, M] → [..., P, R]; where one is 0 its derivative is. */
export const cdist = composed("cdist", (x1: Tensor, x2: Tensor, { p = 2 }: CdistOptions = {}): Tensor => {
  const columns = x1.shape.at(-1)
  if (x1.ndim < 2 || x2.ndim < 2 || columns !== x2.shape.at(-1)) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the rows differ in length",
      where: "cdist",
      expected: "[..., P, M] and [..., R, M]",
      got: `${formatShape(x1.shape)} and ${formatShape(x2.shape)}`,
    })
  }
  const batch = broadcastShapes(x1.shape.slice(0, -2), x2.shape.slice(0, -2), "cdist")
  const left = unsqueeze(expand(x1, [...batch, ...x1.shape.slice(-2)]), -2)
  const right = unsqueeze(expand(x2, [...batch, ...x2.shape.slice(-2)]), -3)
  return vectorNorm(sub(left, right), { ord: p, dim: -1 })
})
