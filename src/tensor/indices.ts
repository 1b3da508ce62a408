import type { Shape, TypedArray } from "../base/index.ts"
import { formatShape, NablaError } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { aliasOp } from "../graph/index.ts"
import * as ops from "../ops/index.ts"
import type { Tensor } from "./tensor.ts"
import { nodeOf } from "./tensor.ts"

/** A whole number that indexes a dimension, counted from the end when it is negative. */
export function wrapIndex(index: number, size: number, where: string, dim: number): number {
  if (Number.isInteger(index) && index >= -size && index < size) return index < 0 ? index + size : index
  throw new NablaError("NABLA_INDEX_OUT_OF_RANGE", {
    message: `index ${index} is out of range for dimension ${dim} of size ${size}`,
    where,
    expected: size === 0 ? "no index: the dimension is empty" : `a whole number from ${-size} to ${size - 1}`,
    got: String(index),
  })
}

/** Indices into a dimension. Where negative ones count from the end is the function's own choice, as in PyTorch. */
export interface IndexRange {
  readonly size: number
  readonly where: string
  readonly negative: boolean
}

/**
 * An index tensor as int32. Indices whose values are on the host already are checked; others are computed later, and
 * the kernels keep them inside the dimension.
 */
export function indexNode(index: Tensor, range: IndexRange): Node {
  checkIndexType(index, range.where)
  const node = nodeOf(index)
  const host = hostValues(node)
  if (range.size === 0 && index.numel() > 0) throw outOfRange(range, index.shape, 0, host?.[0])
  const known = host === null ? null : checkIndices(host, index.shape, range)
  if (!range.negative || known?.lowest === 0) return node
  const zero = ops.constantLike(node, 0)
  return ops.where(ops.lt(node, zero), ops.add(node, ops.constantLike(node, range.size)), node)
}

export function checkIndexType(index: Tensor, where: string): void {
  if (index.dtype === "int32") return
  throw new NablaError("NABLA_INVALID_DTYPE", {
    message: "indices are whole numbers",
    where,
    expected: "a tensor of int32",
    got: index.dtype,
    hint: 'convert the indices with .to("int32")',
  })
}

/** Values that can be had without computing or waiting. */
export function hostValues(node: Node): TypedArray | null {
  if (node.value !== null) return node.value.host
  return node.op === aliasOp && node.inputs.length === 1 ? hostValues(node.inputs[0]!) : null
}

/** Lowest of the indices, or 0 when none is negative. */
function checkIndices(values: TypedArray, shape: Shape, range: IndexRange): { lowest: number } {
  const low = range.negative ? -range.size : 0
  let lowest = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (value < low || value >= range.size) throw outOfRange(range, shape, i, value)
    if (value < lowest) lowest = value
  }
  return { lowest }
}

function outOfRange(range: IndexRange, shape: Shape, at: number, value: number | undefined): NablaError {
  const place: number[] = []
  let rest = at
  for (let i = shape.length - 1; i >= 0; i--) {
    place.unshift(rest % shape[i]!)
    rest = Math.floor(rest / shape[i]!)
  }
  const { size, where, negative } = range
  const first = negative ? -size : 0
  return new NablaError("NABLA_INDEX_OUT_OF_RANGE", {
    message: `the index at ${formatShape(place)} is out of range for a dimension of size ${size}`,
    where,
    expected: size === 0 ? "no index: the dimension is empty" : `whole numbers from ${first} to ${size - 1}`,
    got: value === undefined ? "an index" : String(value),
    hint: negative ? "indices run from -size to size - 1" : "indices run from 0 to size - 1",
  })
}

/** Row-major positions of the elements that are not zero, one list for each dimension. */
export function nonzeroPositions(values: TypedArray, shape: Shape): Int32Array[] {
  let count = 0
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) count++
  const lists = shape.map(() => new Int32Array(count))
  let found = 0
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue
    let rest = i
    for (let dim = shape.length - 1; dim >= 0; dim--) {
      lists[dim]![found] = rest % shape[dim]!
      rest = Math.floor(rest / shape[dim]!)
    }
    found++
  }
  return lists
}
