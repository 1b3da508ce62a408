import { formatShape, NablaError, normalizeDim } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import type { IndexMap, Source } from "../../ops/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import { along, writeStatic } from "../index-maps.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { flatten } from "./shape.ts"

export interface DiagonalOptions {
  /** Above (> 0) or below (< 0) the main diagonal. */
  readonly offset?: number
  readonly dim1?: number
  readonly dim2?: number
}

interface Plane {
  readonly dim1: number
  readonly dim2: number
}

function plane({ dim1 = 0, dim2 = 1 }: DiagonalOptions, rank: number, where: string): Plane {
  const found = { dim1: normalizeDim(dim1, rank, where), dim2: normalizeDim(dim2, rank, where) }
  if (rank >= 2 && found.dim1 !== found.dim2) return found
  throw new NablaError("NABLA_INVALID_DIM", {
    message: "a diagonal lies in a plane",
    where,
    expected: "two different dimensions",
    got: `${dim1} and ${dim2} of ${rank} dimensions`,
  })
}

/** Row and column at which a diagonal starts, and its length. */
function extent(
  rows: number,
  columns: number,
  offset: number,
): { row: number; column: number; length: number } {
  const row = Math.max(-offset, 0)
  const column = Math.max(offset, 0)
  return { row, column, length: Math.max(Math.min(rows - row, columns - column), 0) }
}

/** The diagonal of the plane of two dimensions, as a new last dimension. */
export const diagonal = composed("diagonal", (input: Tensor, options: DiagonalOptions = {}): Tensor => {
  const { offset = 0 } = options
  const { dim1, dim2 } = plane(options, input.ndim, "diagonal")
  const rest = input.shape.map((_, i) => i).filter((i) => i !== dim1 && i !== dim2)
  const last = ops.permute(nodeOf(input), [...rest, dim1, dim2])
  const { row, column, length } = extent(input.shape[dim1]!, input.shape[dim2]!, offset)
  if (length === 0) return wrap(ops.constant(0, [...rest.map((i) => input.shape[i]!), 0], input.dtype))
  const rank = input.ndim
  const square = ops.sliceDim(ops.sliceDim(last, rank - 2, row, length), rank - 1, column, length)
  return wrap(ops.diagonal(square))
})

/** Matrices with the last dimension on a diagonal and zeros elsewhere. */
export const diagEmbed = composed("diagEmbed", (input: Tensor, options: DiagonalOptions = {}): Tensor => {
  const { offset = 0, dim1 = -2, dim2 = -1 } = options
  const rank = input.ndim + 1
  const at = plane({ dim1, dim2 }, rank, "diagEmbed")
  const node = embed(nodeOf(input), offset)
  const order = new Array<number>(rank)
  let next = 0
  for (let i = 0; i < rank; i++) order[i] = i === at.dim1 ? rank - 2 : i === at.dim2 ? rank - 1 : next++
  return wrap(ops.permute(node, order))
})

function embed(x: Node, offset: number): Node {
  const square = ops.diagonalEmbed(x)
  if (offset === 0) return square
  const size = x.shape.at(-1)! + Math.abs(offset)
  const { row, column } = extent(size, size, offset)
  const lead = x.shape.slice(0, -1)
  const zeros = lead.map(() => 0)
  return ops.pad(square, {
    shape: [...lead, size, size],
    low: [...zeros, row, column],
    interior: [...zeros, 0, 0],
    value: 0,
  })
}

/** A vector becomes a matrix with it on a diagonal; of a matrix the diagonal is taken. */
export const diag = composed("diag", (input: Tensor, diagonalOffset = 0): Tensor => {
  if (input.ndim === 1) return diagEmbed(input, { offset: diagonalOffset })
  if (input.ndim === 2) return diagonal(input, { offset: diagonalOffset })
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "diag takes a vector or a matrix",
    where: "diag",
    expected: "one or two dimensions",
    got: formatShape(input.shape),
    hint: "use diagonal or diagEmbed for batches",
  })
})

/** The flattened tensor on the diagonal of a matrix. */
export const diagflat = composed("diagflat", (input: Tensor, offset = 0): Tensor => {
  return diagEmbed(flatten(input), { offset })
})

/** input with another tensor in place of a diagonal. */
export const diagonalScatter = composed(
  "diagonalScatter",
  (input: Tensor, src: Tensor, options: DiagonalOptions = {}): Tensor => {
    const { dim1, dim2 } = plane(options, input.ndim, "diagonalScatter")
    const { row, column, length } = extent(input.shape[dim1]!, input.shape[dim2]!, options.offset ?? 0)
    const rest = input.shape.filter((_, i) => i !== dim1 && i !== dim2)
    let next = 0
    const sources = input.shape.map((_, i): Source => {
      if (i !== dim1 && i !== dim2) return along(next++)
      return { kind: "slice", dim: rest.length, start: i === dim1 ? row : column, step: 1 }
    })
    const map: IndexMap = { table: input.shape, picked: [...rest, length], sources }
    return writeStatic(input, src, map, "diagonalScatter")
  },
)

function checkMatrices(input: Tensor, where: string): void {
  if (input.ndim >= 2) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: `${where} takes matrices`,
    where,
    expected: "at least two dimensions",
    got: formatShape(input.shape),
  })
}

/** The tensor where its column and row fulfil a condition, zero elsewhere. */
function triangle(input: Tensor, keep: (column: Node, row: Node) => Node, offset: number): Tensor {
  const x = nodeOf(input)
  const rank = input.ndim
  const row = ops.iota(input.shape, [rank - 2])
  const column = ops.iota(input.shape, [rank - 1])
  const limit = offset === 0 ? row : ops.add(row, ops.constantLike(row, offset))
  return wrap(ops.where(keep(column, limit), x, ops.constantLike(x, 0)))
}

/** The lower triangles: elements on and below a diagonal, zeros above. */
export const tril = composed("tril", (input: Tensor, diagonalOffset = 0): Tensor => {
  checkMatrices(input, "tril")
  return triangle(input, ops.le, diagonalOffset)
})

/** The upper triangles: elements on and above a diagonal, zeros below. */
export const triu = composed("triu", (input: Tensor, diagonalOffset = 0): Tensor => {
  checkMatrices(input, "triu")
  return triangle(input, ops.ge, diagonalOffset)
})
