import type { Shape } from "../base/index.ts"
import { broadcastShapes, formatShape, NablaError } from "../base/index.ts"
import { fromHost } from "../engine/index.ts"
import type { Node } from "../graph/index.ts"
import type { IndexMap, Source } from "../ops/index.ts"
import * as ops from "../ops/index.ts"
import { checkIndexType, indexNode, nonzeroPositions, wrapIndex } from "./indices.ts"
import { Tensor } from "./tensor.ts"

/** A slice start, start + step, … before stop, as in Python: absent ends reach to the end, negative ones count from it. */
export interface Slice {
  readonly start?: number | null | undefined
  readonly stop?: number | null | undefined
  readonly step?: number | null | undefined
}

/**
 * One part of an index: a number picks an element and removes the dimension, a slice keeps it, null adds one of size 1,
 * "..." stands for all dimensions not mentioned, an int32 tensor picks by its elements, a bool tensor by a mask.
 */
export type IndexItem = number | Slice | null | "..." | Tensor

interface SliceEntry {
  readonly kind: "slice"
  readonly table: number
  readonly start: number
  readonly size: number
  readonly step: number
}

/** What makes the dimensions of the result, in order. */
type Entry =
  | SliceEntry
  | { readonly kind: "new" }
  | { readonly kind: "tensor"; readonly table: number; readonly index: Node }
  /** A mask of no dimensions: it takes part in broadcasting and indexes nothing. */
  | { readonly kind: "shape"; readonly shape: Shape }

interface Parsed {
  readonly entries: Entry[]
  /** Dimensions of the table that go away: indexed by one number, or by a tensor of no dimensions. */
  readonly single: Map<number, number | Node>
}

/** An index, understood: which element of the table belongs to each element of the result. */
export interface IndexPlan {
  readonly map: IndexMap
  readonly indices: readonly Node[]
}

/** Understands an index of a table. Masks are read, since the size of the result depends on them. */
export function planIndex(table: Shape, items: readonly IndexItem[], where: string): IndexPlan {
  const { entries, single } = parse(table, items, where)
  const block = tensorBlock(entries, where)
  const picked: number[] = []
  const sources = new Array<Source>(table.length)
  const indices: Node[] = []
  let blockStart = -1
  const placeBlock = (): void => {
    if (block === null || blockStart >= 0) return
    blockStart = picked.length
    picked.push(...block.shape)
  }
  if (block !== null && !block.adjacent) placeBlock()
  for (const entry of entries) {
    if (entry.kind === "new") picked.push(1)
    else if (entry.kind === "slice") {
      const { start, step } = entry
      sources[entry.table] = { kind: "slice", dim: picked.push(entry.size) - 1, start, step }
    } else placeBlock()
  }
  for (const entry of entries) {
    if (entry.kind !== "tensor") continue
    sources[entry.table] = tensorSource(entry.index, block!.shape.length, blockStart, indices)
  }
  for (const [dim, at] of single) {
    if (typeof at === "number") sources[dim] = { kind: "fixed", at }
    else sources[dim] = { kind: "tensor", tensor: indices.push(at) - 1, at: [] }
  }
  return { map: { table, picked, sources }, indices }
}

/** The shape that the index tensors broadcast to, and whether they stand side by side. */
function tensorBlock(entries: readonly Entry[], where: string): { shape: Shape; adjacent: boolean } | null {
  const at: number[] = []
  let shape: Shape = []
  entries.forEach((entry, i) => {
    if (entry.kind !== "tensor" && entry.kind !== "shape") return
    at.push(i)
    shape = broadcastShapes(shape, entry.kind === "tensor" ? entry.index.shape : entry.shape, where)
  })
  if (at.length === 0) return null
  return { shape, adjacent: at.at(-1)! - at[0]! === at.length - 1 }
}

/** Reads an index tensor along its own dimensions only, so that broadcasting costs nothing. */
function tensorSource(index: Node, rank: number, start: number, indices: Node[]): Source {
  const own = index.shape.flatMap((size, i) => (size === 1 ? [] : [i]))
  const compact = ops.reshape(
    index,
    own.map((i) => index.shape[i]!),
  )
  const offset = start + rank - index.shape.length
  return { kind: "tensor", tensor: indices.push(compact) - 1, at: own.map((i) => offset + i) }
}

function parse(table: Shape, items: readonly IndexItem[], where: string): Parsed {
  const used = items.reduce<number>((total, item) => total + consumed(item, where), 0)
  const dots = items.filter((item) => item === "...").length
  if (used > table.length || dots > 1) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: dots > 1 ? 'an index has at most one "..."' : "there are more indices than dimensions",
      where,
      expected: `indices for at most ${table.length} dimensions`,
      got: dots > 1 ? `${dots} of them` : `indices for ${used} dimensions of shape ${formatShape(table)}`,
    })
  }
  const entries: Entry[] = []
  const single = new Map<number, number | Node>()
  let dim = 0
  for (const item of dots === 0 ? [...items, "..." as const] : items) {
    if (item === null) entries.push({ kind: "new" })
    else if (item === "...") {
      for (const end = dim + table.length - used; dim < end; dim++) {
        entries.push({ kind: "slice", table: dim, start: 0, size: table[dim]!, step: 1 })
      }
    } else {
      addItem({ entries, single }, table, dim, item, where)
      dim += consumed(item, where)
    }
  }
  return { entries, single }
}

/** Dimensions of the table that an item uses up. */
function consumed(item: IndexItem, where: string): number {
  if (item === null || item === "...") return 0
  if (item instanceof Tensor) return item.dtype === "bool" ? item.ndim : 1
  if (typeof item === "number" || isSlice(item)) return 1
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "this is no index",
    where,
    expected: 'a number, null, "...", { start, stop, step } or a tensor of int32 or bool',
    got: Array.isArray(item) ? "an array" : typeof item,
    hint: 'an array of indices is written tensor([…], { dtype: "int32" })',
  })
}

function isSlice(item: unknown): item is Slice {
  if (item === null || typeof item !== "object" || Array.isArray(item)) return false
  return Object.keys(item).every((key) => key === "start" || key === "stop" || key === "step")
}

function addItem(
  { entries, single }: Parsed,
  table: Shape,
  dim: number,
  item: number | Slice | Tensor,
  where: string,
): void {
  const size = table[dim]!
  if (typeof item === "number") single.set(dim, wrapIndex(item, size, where, dim))
  else if (!(item instanceof Tensor)) entries.push(sliceEntry(dim, size, item, where))
  else if (item.dtype === "bool") entries.push(...maskEntries(item, table, dim, where))
  else {
    checkIndexType(item, where)
    const index = indexNode(item, { size, where, negative: true })
    if (item.ndim === 0) single.set(dim, index)
    else entries.push({ kind: "tensor", table: dim, index })
  }
}

/** Python's slice.indices: the first element, how many, and the step. */
function sliceEntry(table: number, size: number, item: Slice, where: string): Entry {
  const step = item.step ?? 1
  if (step === 0 || ![item.start ?? 0, item.stop ?? 0, step].every(Number.isInteger)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a slice has whole ends and a whole step other than 0",
      where,
      expected: "{ start?, stop?, step? }",
      got: JSON.stringify(item),
    })
  }
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
  const end = (value: number | null | undefined, absent: number): number =>
    value === undefined || value === null
      ? absent
      : Math.min(Math.max(value < 0 ? value + size : value, low), high)
  const start = end(item.start, step > 0 ? low : high)
  const stop = end(item.stop, step > 0 ? high : low)
  const count = Math.max(0, Math.ceil((stop - start) / step))
  return { kind: "slice", table, start: count === 0 ? 0 : start, size: count, step: count === 0 ? 1 : step }
}

/** A mask is the index tensors of the places where it is true, one for each of its dimensions. */
function maskEntries(mask: Tensor, table: Shape, dim: number, where: string): Entry[] {
  mask.shape.forEach((size, i) => {
    if (size === table[dim + i]) return
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the mask does not fit the dimensions that it indexes",
      where,
      expected: formatShape(table.slice(dim, dim + mask.ndim)),
      got: formatShape(mask.shape),
    })
  })
  const values = mask.dataSync()
  if (mask.ndim === 0) return [{ kind: "shape", shape: [values[0]!] }]
  return nonzeroPositions(values, mask.shape).map((list, i) => {
    return { kind: "tensor", table: dim + i, index: fromHost(list, [list.length], "int32") }
  })
}
