import type { DType, Shape } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { add, cast, div, eq, ge, le, mul, scale, sub, where } from "./arithmetic.ts"
import { constantLike, expand, reshape } from "./broadcast.ts"
import { dot } from "./contraction.ts"
import { iota } from "./sources.ts"
import { permute } from "./views.ts"

/** Node functions on matrices (the last two dimensions): what the derivative rules of decompositions are made of. */

/** Swaps the last two dimensions. */
export function transposed(x: Node): Node {
  const rank = x.shape.length
  return permute(
    x,
    x.shape.map((_, i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2)),
  )
}

/** The product of matrices with the same leading dimensions. */
export function matrixProduct(x: Node, y: Node): Node {
  const rank = x.shape.length
  const batch = Array.from({ length: rank - 2 }, (_, i) => i)
  return dot(x, y, { lhsBatch: batch, rhsBatch: batch, lhsContract: [rank - 1], rhsContract: [rank - 2] })
}

/** The product of several matrices, from left to right. */
export function product(...factors: readonly Node[]): Node {
  return factors.reduce((x, y) => matrixProduct(x, y))
}

/** Row and column number of each element. */
function positions(shape: Shape): [rows: Node, columns: Node] {
  const rank = shape.length
  return [iota(shape, [rank - 2]), iota(shape, [rank - 1])]
}

/** Ones on the diagonal, zeros elsewhere. */
export function identity(shape: Shape, dtype: DType): Node {
  const [i, j] = positions(shape)
  return cast(eq(i, j), dtype)
}

/** The elements on and below the diagonal that lies `offset` above the main one. */
export function lowerTriangle(x: Node, offset = 0): Node {
  const [i, j] = positions(x.shape)
  return where(ge(add(i, constantLike(i, offset)), j), x, constantLike(x, 0))
}

/** The elements on and above the diagonal that lies `offset` above the main one. */
export function upperTriangle(x: Node, offset = 0): Node {
  const [i, j] = positions(x.shape)
  return where(le(add(i, constantLike(i, offset)), j), x, constantLike(x, 0))
}

/** (X + Xᵀ)/2 */
export function symmetrized(x: Node): Node {
  return scale(add(x, transposed(x)), 0.5)
}

/** X·diag(d): column j times d_j. */
export function scaleColumns(x: Node, d: Node): Node {
  const shape = [...d.shape.slice(0, -1), 1, d.shape.at(-1)!]
  return mul(x, expand(reshape(d, shape), x.shape))
}

/** diag(d)·X: row i times d_i. */
export function scaleRows(d: Node, x: Node): Node {
  return mul(x, expand(reshape(d, [...d.shape, 1]), x.shape))
}

/** Table of d_j − d_i. */
export function differences(d: Node): Node {
  const n = d.shape.at(-1)!
  const lead = d.shape.slice(0, -1)
  const shape = [...lead, n, n]
  return sub(expand(reshape(d, [...lead, 1, n]), shape), expand(reshape(d, [...lead, n, 1]), shape))
}

/** 1/x, and 0 where x = 0: derivatives leave out directions in which they do not exist. */
export function safeReciprocal(x: Node): Node {
  const zero = eq(x, constantLike(x, 0))
  const one = constantLike(x, 1)
  return where(zero, constantLike(x, 0), div(one, where(zero, one, x)))
}
