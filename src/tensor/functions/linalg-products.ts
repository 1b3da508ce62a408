import { broadcastShapes, formatShape, NablaError, normalizeDim } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { broadcastArguments, resultType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import type { DiagonalOptions } from "./diagonal.ts"
import { diagonal } from "./diagonal.ts"

export interface CrossOptions {
  /** The dimension of the three components. */
  readonly dim?: number
}

function crossAlong(input: Tensor, other: Tensor, dim: number, where: string): Tensor {
  const [a, b] = broadcastArguments(where, [input, other], resultType(input, other))
  const at = normalizeDim(dim, a!.shape.length, where)
  if (a!.shape[at] !== 3) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "a cross product is one of vectors with three components",
      where,
      expected: `size 3 in dimension ${dim}`,
      got: `${formatShape(input.shape)} and ${formatShape(other.shape)}`,
    })
  }
  const part = (x: Node, i: number): Node => ops.sliceDim(x, at, i % 3, 1)
  const component = (i: number): Node =>
    ops.sub(ops.mul(part(a!, i + 1), part(b!, i + 2)), ops.mul(part(a!, i + 2), part(b!, i + 1)))
  return wrap(ops.cat([component(0), component(1), component(2)], at))
}

/** Cross product of vectors of three components along a dimension (default: the last). */
export const linalgCross = composed(
  "linalgCross",
  (input: Tensor, other: Tensor, { dim = -1 }: CrossOptions = {}): Tensor => {
    return crossAlong(input, other, dim, "linalg.cross")
  },
)

/** Cross product along a dimension; default: the first of size 3. */
export const cross = composed("cross", (input: Tensor, other: Tensor, { dim }: CrossOptions = {}): Tensor => {
  const shape = broadcastShapes(input.shape, other.shape, "cross")
  const first = shape.indexOf(3)
  return crossAlong(input, other, dim ?? (first < 0 ? -1 : first), "cross")
})

export interface VecdotOptions {
  /** Default: the last. */
  readonly dim?: number
}

/** Inner products along a dimension: Σ x·y. */
export const vecdot = composed("vecdot", (x: Tensor, y: Tensor, { dim = -1 }: VecdotOptions = {}): Tensor => {
  const [a, b] = broadcastArguments("linalg.vecdot", [x, y], resultType(x, y))
  const at = normalizeDim(dim, a!.shape.length, "linalg.vecdot")
  return wrap(ops.sum(ops.mul(a!, b!), [at]))
})

export interface VanderOptions {
  /** Number of powers; default: as many as there are elements. */
  readonly N?: number
}

/** Vandermonde matrices: [..., n] → [..., n, N] with the powers 0 … N − 1 of each element. */
export const vander = composed(
  "vander",
  (x: Tensor, { N = x.shape.at(-1) ?? 1 }: VanderOptions = {}): Tensor => {
    const base = nodeOf(x)
    const column = ops.reshape(base, [...base.shape, 1])
    if (N < 1) return wrap(ops.constant(0, [...base.shape, 0], x.dtype))
    const powers = [ops.constantLike(column, 1)]
    while (powers.length < N) powers.push(ops.mul(powers.at(-1)!, column))
    return wrap(ops.cat(powers, base.shape.length))
  },
)

/** The diagonals of matrices [..., m, n] (dim1 = −2 and dim2 = −1 by default) as a new last dimension. */
export const linalgDiagonal = composed(
  "linalgDiagonal",
  (A: Tensor, options: DiagonalOptions = {}): Tensor => {
    return diagonal(A, { dim1: -2, dim2: -1, ...options })
  },
)

/** Sum of the diagonal of a matrix. */
export const trace = composed("trace", (input: Tensor): Tensor => {
  if (input.ndim !== 2) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the trace is one of a matrix",
      where: "trace",
      expected: "2 dimensions",
      got: formatShape(input.shape),
    })
  }
  return wrap(ops.sum(diagonal(input).node, [0]))
})
