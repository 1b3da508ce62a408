import type { Shape } from "../base/index.ts"
import type { Attrs } from "../graph/index.ts"
import type { Value } from "../kernel/index.ts"
import { Index } from "../kernel/index.ts"
import type { Pull } from "./record.ts"

/** Where one dimension of a table gets its index from. */
export type Source =
  /** start + step·(index of dimension `dim` of the picked elements) */
  | { readonly kind: "slice"; readonly dim: number; readonly start: number; readonly step: number }
  /** Always the same place. */
  | { readonly kind: "fixed"; readonly at: number }
  /** Index tensor number `tensor`, read at the dimensions `at` of the picked elements. */
  | { readonly kind: "tensor"; readonly tensor: number; readonly at: readonly number[] }

/**
 * Which element of a table belongs to each picked element: one source for each dimension of the table. Gathering
 * reads picked elements from the table, scattering writes them there. Indices that come from a loop stay what they
 * are, so that whole rows are read and written as vectors.
 */
export interface IndexMap extends Attrs {
  readonly table: Shape
  readonly picked: Shape
  readonly sources: readonly Source[]
}

export function mapKey({ table, picked, sources }: IndexMap): string {
  const parts = sources.map((source) => {
    if (source.kind === "slice") return `${source.dim}+${source.start}*${source.step}`
    return source.kind === "fixed" ? `@${source.at}` : `t${source.tensor}:${source.at.join(" ")}`
  })
  return `${table.join(",")}|${picked.join(",")}|${parts.join(",")}`
}

/** Indices are checked before they get here; clamping keeps a wrong one inside the buffer all the same. */
function boundedIndex({ b }: Pull<IndexMap>, value: Value, length: number): Index {
  const low = b.binary("max", value, b.constant("i32", 0))
  return b.symbolOf(b.binary("min", low, b.constant("i32", length - 1)), 0, Math.max(length - 1, 0))
}

/** Index into the table of the picked element at `index`; the index tensors are the inputs from `first` on. */
export function tableIndex(pull: Pull<IndexMap>, index: readonly Index[], first: number): Index[] {
  return pull.attrs.sources.map((source, dim) => {
    if (source.kind === "fixed") return Index.constant(source.at)
    if (source.kind === "slice") return index[source.dim]!.mul(source.step).add(source.start)
    const value = pull.input(
      first + source.tensor,
      source.at.map((d) => index[d]!),
    )
    return boundedIndex(pull, value, pull.attrs.table[dim]!)
  })
}

/**
 * The map of a batch: the picked elements get a leading dimension, and so do the table and the index tensors that are
 * marked as batched.
 */
export function batchMap(
  map: IndexMap,
  size: number,
  tableBatched: boolean,
  batched: readonly boolean[],
): IndexMap {
  const sources = map.sources.map((source): Source => {
    if (source.kind === "slice") return { ...source, dim: source.dim + 1 }
    if (source.kind === "fixed") return source
    const at = source.at.map((d) => d + 1)
    return { ...source, at: batched[source.tensor] ? [0, ...at] : at }
  })
  const example: Source = { kind: "slice", dim: 0, start: 0, step: 1 }
  return {
    table: tableBatched ? [size, ...map.table] : map.table,
    picked: [size, ...map.picked],
    sources: tableBatched ? [example, ...sources] : sources,
  }
}
