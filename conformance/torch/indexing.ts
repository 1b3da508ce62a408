/** `x[1:3, ::2, None, ..., index]` → the items of nabla's `index(x, ...items)`. */
import { ELLIPSIS, isList, PythonError, Slice, Tuple, typeName, type Value } from "../python/values.ts"
import { indexTensor } from "./convert.ts"
import { isTensor } from "./nabla.ts"

export function toIndexItems(index: Value): unknown[] {
  return (index instanceof Tuple ? index.items : [index]).map(toIndexItem)
}

function toIndexItem(item: Value): unknown {
  if (item === null) return null
  if (item === ELLIPSIS) return "..."
  if (typeof item === "bigint") return Number(item)
  if (item instanceof Slice) return toRange(item)
  if (isTensor(item)) return item
  if (isList(item)) return indexTensor(item)
  if (item instanceof Tuple) return indexTensor(item.items)
  throw new PythonError("TypeError", `${typeName(item)} is no index of a tensor`)
}

function toRange(slice: Slice): { start?: number; stop?: number; step?: number } {
  const bounds = { start: slice.start, stop: slice.stop, step: slice.step }
  return Object.fromEntries(
    Object.entries(bounds)
      .filter(([, bound]) => bound !== null)
      .map(([name, bound]) => [name, toBound(bound)]),
  )
}

/** A bound may be a 0-d integer tensor as well. */
function toBound(bound: Value): number {
  return isTensor(bound) ? Number(bound.itemSync()) : Number(bound)
}
