import type { TypedArray } from "../../base/index.ts"
import { hostArray, normalizeDim, numel } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { requireTensor } from "../arguments.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap, wrapHost } from "../tensor.ts"

export interface UniqueOptions {
  /** Also give, for each element, the place of its value among the distinct ones. */
  readonly returnInverse?: boolean
  /** Also give how often each value occurs. */
  readonly returnCounts?: boolean
  /** Compare whole slices along a dimension instead of elements. */
  readonly dim?: number | null
  /** The values are sorted in any case. */
  readonly sorted?: boolean
}

type Plain = UniqueOptions & { readonly returnInverse?: false; readonly returnCounts?: false }

/**
 * The distinct values in ascending order, as a vector; or the distinct slices along a dimension. With further results
 * [values, inverse, counts], of which those that were asked for. Reads the values; NaN equals nothing.
 */
export function unique(input: Tensor, options?: Plain): Tensor
export function unique(input: Tensor, options: UniqueOptions): Tensor[]
export function unique(input: Tensor, options: UniqueOptions = {}): Tensor | Tensor[] {
  return distinct(requireTensor(input, "unique"), options, true)
}

/** As `unique`, but only neighbours that are equal become one, and the order stays. */
export function uniqueConsecutive(input: Tensor, options?: Plain): Tensor
export function uniqueConsecutive(input: Tensor, options: UniqueOptions): Tensor[]
export function uniqueConsecutive(input: Tensor, options: UniqueOptions = {}): Tensor | Tensor[] {
  return distinct(requireTensor(input, "uniqueConsecutive"), options, false)
}

/** Rows of equal length in one array. */
interface Rows {
  readonly data: TypedArray
  readonly count: number
  readonly width: number
}

function distinct(input: Tensor, options: UniqueOptions, sorted: boolean): Tensor | Tensor[] {
  const whole = options.dim === undefined || options.dim === null
  const dim = whole ? 0 : normalizeDim(options.dim, input.ndim, "unique")
  const n = nodeOf(input)
  const front = whole || input.ndim === 0 ? ops.reshape(n, [input.numel()]) : ops.toFront(n, dim)
  const slice = front.shape.slice(1)
  const rows = { data: wrap(front).dataSync(), count: front.shape[0]!, width: numel(slice) }
  const { first, inverse, counts } = group(rows, sorted ? sortedOrder(rows, front) : inOrder(rows))
  const data = hostArray(input.dtype, first.length * rows.width)
  first.forEach((row, i) => {
    data.set(rows.data.subarray(row * rows.width, (row + 1) * rows.width), i * rows.width)
  })
  const values = wrapHost(data, [first.length, ...slice], input.dtype)
  const back = slice.map((_, i) => i + 1)
  back.splice(dim, 0, 0)
  const results = [slice.length === 0 ? values : wrap(ops.permute(values.node, back))]
  if (options.returnInverse) results.push(wrapHost(inverse, whole ? input.shape : [rows.count], "int32"))
  if (options.returnCounts) results.push(wrapHost(Int32Array.from(counts), [first.length], "int32"))
  return results.length === 1 ? results[0]! : results
}

const inOrder = ({ count }: Rows): number[] => Array.from({ length: count }, (_, i) => i)

/** Rows in ascending order; single elements are sorted by the device. */
function sortedOrder(rows: Rows, front: Node): ArrayLike<number> {
  if (rows.width === 1) return wrap(ops.argsort(ops.reshape(front, [rows.count]), 0)).dataSync()
  return inOrder(rows).sort((a, b) => compareRows(rows, a, b))
}

/** The first row of each group of equal ones, the group of each row, and the size of each group. */
function group(
  rows: Rows,
  order: ArrayLike<number>,
): { first: number[]; inverse: Int32Array; counts: number[] } {
  const first: number[] = []
  const counts: number[] = []
  const inverse = new Int32Array(rows.count)
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!
    if (i === 0 || !sameRow(rows, row, order[i - 1]!)) {
      first.push(row)
      counts.push(0)
    }
    inverse[row] = first.length - 1
    counts[first.length - 1]!++
  }
  return { first, inverse, counts }
}

/** By the first element that differs; NaN comes last. */
function compareRows({ data, width }: Rows, a: number, b: number): number {
  for (let i = 0; i < width; i++) {
    const [x, y] = [data[a * width + i]!, data[b * width + i]!]
    if (x < y) return -1
    if (x > y) return 1
    if (x !== y) {
      const order = Number(Number.isNaN(x)) - Number(Number.isNaN(y))
      if (order !== 0) return order
    }
  }
  return 0
}

function sameRow({ data, width }: Rows, a: number, b: number): boolean {
  for (let i = 0; i < width; i++) if (data[a * width + i] !== data[b * width + i]) return false
  return true
}
