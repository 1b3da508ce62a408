import type { DType, Shape } from "../base/index.ts"
import { numel } from "../base/index.ts"

/** Abstract value: what is known of a tensor before it is computed. Interned: the same shape and type is one object. */
export interface Aval {
  readonly id: number
  readonly shape: Shape
  readonly dtype: DType
  readonly size: number
}

const known = new Map<string, Aval>()

export function aval(shape: Shape, dtype: DType): Aval {
  const key = `${dtype}[${shape.join(",")}]`
  let found = known.get(key)
  if (found === undefined) {
    found = { id: known.size, shape: Object.freeze([...shape]), dtype, size: numel(shape) }
    known.set(key, found)
  }
  return found
}
