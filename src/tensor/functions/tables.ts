import type { DType, Shape, TypedArray } from "../../base/index.ts"
import { fromHost } from "../../engine/index.ts"
import type { Node } from "../../graph/index.ts"

/** Tables of indices and weights that follow from shapes alone: made once, and kept on the device while in use. */
const tables = new Map<string, Node>()
/** The least recently used goes first. */
const LIMIT = 256

/** The table that belongs to a key; equal keys must mean equal tables. */
export function table(key: string, shape: Shape, dtype: DType, make: () => TypedArray): Node {
  const name = `${key}|${shape.join(",")}|${dtype}`
  const found = tables.get(name) ?? fromHost(make(), shape, dtype)
  tables.delete(name)
  tables.set(name, found)
  if (tables.size > LIMIT) tables.delete(tables.keys().next().value!)
  return found
}
