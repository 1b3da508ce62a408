import type { Shape } from "../base/index.ts"
import { formatShape, NablaError, sameShape } from "../base/index.ts"
import type { IndexMap, Source } from "../ops/index.ts"
import * as ops from "../ops/index.ts"
import { valueNode } from "./arguments.ts"
import type { Tensor } from "./tensor.ts"
import { nodeOf, wrap } from "./tensor.ts"

const inOrder = (shape: Shape): number[] => shape.map((_, i) => i)

export function along(dim: number): Source {
  return { kind: "slice", dim, start: 0, step: 1 }
}

/** Element i… of the picked ones is element i… of the table, but for dimension `dim`, which the index tensor gives. */
export function mapAlong(table: Shape, dim: number, picked: Shape): IndexMap {
  const sources = table.map(
    (_, d): Source => (d === dim ? { kind: "tensor", tensor: 0, at: inOrder(picked) } : along(d)),
  )
  return { table, picked, sources }
}

/** Whole slices of a table: dimension `dim` is indexed by a tensor whose dimensions take its place. */
export function mapSlices(table: Shape, dim: number, index: Shape): IndexMap {
  const picked = [...table.slice(0, dim), ...index, ...table.slice(dim + 1)]
  const sources = table.map((_, d): Source => {
    if (d === dim) return { kind: "tensor", tensor: 0, at: index.map((__, i) => dim + i) }
    return along(d < dim ? d : d + index.length - 1)
  })
  return { table, picked, sources }
}

/** A tensor of no dimensions as one of a single element, for functions that index along a dimension. */
export function withDim(input: Tensor): Tensor {
  return input.ndim === 0 ? wrap(ops.reshape(nodeOf(input), [1])) : input
}

/** Checks that an index tensor covers no more of the other dimensions than the table has. */
export function checkCovered(index: Shape, table: Shape, dim: number, where: string): void {
  const fits = index.length === table.length && index.every((size, d) => d === dim || size <= table[d]!)
  if (fits) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the index tensor does not fit the input",
    where,
    expected: `${table.length} dimensions with sizes up to ${formatShape(table)} (any size along dimension ${dim})`,
    got: formatShape(index),
  })
}

export function checkVector(index: Tensor, where: string): void {
  if (index.ndim <= 1) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the indices must be a vector",
    where,
    expected: "at most one dimension",
    got: formatShape(index.shape),
  })
}

export function valuesError(where: string, expected: string, got: Shape): NablaError {
  return new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the values do not fit the indices",
    where,
    expected,
    got: formatShape(got),
  })
}

/** Puts values at places that are known beforehand. */
export function writeStatic(input: Tensor, src: Tensor, map: IndexMap, where: string): Tensor {
  if (!sameShape(src.shape, map.picked)) throw valuesError(where, formatShape(map.picked), src.shape)
  return wrap(ops.scatterSet(nodeOf(input), valueNode(src, input.dtype, where), [], map))
}
