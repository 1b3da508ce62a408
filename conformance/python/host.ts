/** What the interpreter asks about objects that are not Python's own (tensors, modules). */
import type { Keywords, Value } from "./values.ts"

export interface Host {
  /** True when the host, not Python, decides what operators, indexing and calls mean for this value. */
  owns(value: Value): boolean
  binary(operator: string, left: Value, right: Value): Value
  unary(operator: string, operand: Value): Value
  compare(operator: string, left: Value, right: Value): Value
  /** undefined when there is no such attribute. */
  attribute(object: object, name: string): Value | undefined
  setAttribute(object: object, name: string, value: Value): void
  getItem(object: object, index: Value): Value
  setItem(object: object, index: Value, value: Value): void
  call(object: object, args: Value[], keywords: Keywords): Value
  iterate(object: object): Value[]
  /** `len(x)` */
  length(object: object): number
  truth(object: object): boolean
  /** `float(x)` and `int(x)`. */
  toNumber(object: object): number | bigint
}

/** A host without objects: plain Python. */
export const plainHost: Host = {
  owns: () => false,
  binary: unknown,
  unary: unknown,
  compare: unknown,
  attribute: () => undefined,
  setAttribute: unknown,
  getItem: unknown,
  setItem: unknown,
  call: unknown,
  iterate: unknown,
  length: unknown,
  truth: () => true,
  toNumber: unknown,
}

function unknown(): never {
  throw new TypeError("this object does not support the operation")
}
