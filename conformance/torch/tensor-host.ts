/** Tells the interpreter what operators, indexing and calls mean for nabla's tensors and modules. */
import type { Host } from "../python/host.ts"
import { getSequenceItem } from "../python/sequence.ts"
import { type Keywords, PythonError, type Value } from "../python/values.ts"
import { bindArguments } from "./bind.ts"
import { fromNabla, toNabla } from "./convert.ts"
import { torchFunction } from "./functions.ts"
import { toIndexItems } from "./indexing.ts"
import { callNabla, type FloatType, isTensor, type Tensor } from "./nabla.ts"
import { camelCase } from "./names.ts"
import { rows, scalar, tensorAttribute } from "./tensor-members.ts"

/** Which function an operator is; those of `logical` are its meaning for bool tensors. */
const operators: Record<string, string> = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "div",
  "//": "floor_divide",
  "%": "remainder",
  "**": "pow",
  "@": "matmul",
  "==": "eq",
  "!=": "ne",
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
}
const logical: Record<string, string> = { "&": "logical_and", "|": "logical_or", "^": "logical_xor" }

export class TensorHost implements Host {
  private readonly float: FloatType

  constructor(float: FloatType) {
    this.float = float
  }

  owns(value: Value): boolean {
    return isTensor(value) || isModule(value)
  }

  binary(operator: string, left: Value, right: Value): Value {
    const none: Keywords = new Map()
    const [a, b] = [this.promote(left, right), this.promote(right, left)]
    if (operator === "//") {
      return torchFunction("torch", "div", this.float)([a, b], new Map([["rounding_mode", "floor"]]))
    }
    const name = operators[operator] ?? logical[operator]
    if (!name) throw new PythonError("TypeError", `no operator ${operator} for tensors`)
    return torchFunction("torch", name, this.float)([a, b], none)
  }

  compare(operator: string, left: Value, right: Value): Value {
    return this.binary(operator, left, right)
  }

  /**
   * A JS number does not say whether it was `2` or `2.0`. Where that decides the result's dtype (an integer tensor
   * with a Python float), the tensor is cast first.
   */
  private promote(value: Value, partner: Value): Value {
    const promoted = isTensor(value) && !value.dtype.startsWith("float") && typeof partner === "number"
    return promoted ? (Reflect.get(value, "to").call(value, this.float) as Value) : value
  }

  unary(operator: string, operand: Value): Value {
    if (operator === "+") return operand
    const name = operator === "-" ? "neg" : operator === "~" ? "logical_not" : null
    if (!name) throw new PythonError("TypeError", `no operator ${operator} for tensors`)
    return torchFunction("torch", name, this.float)([operand], new Map())
  }

  attribute(object: object, name: string): Value | undefined {
    if (isTensor(object)) return tensorAttribute(object, name, this.float)
    const member = Reflect.get(object, camelCase(name)) ?? Reflect.get(object, name)
    if (typeof member !== "function") return member === undefined ? undefined : fromNabla(member)
    return (args: Value[], keywords: Keywords) =>
      fromNabla(member.apply(object, bindArguments(undefined, args, keywords, this.float)))
  }

  setAttribute(object: object, name: string, value: Value): void {
    Reflect.set(object, name, toNabla(value))
  }

  getItem(object: object, index: Value): Value {
    if (isTensor(object)) return callNabla("index", object, ...toIndexItems(index)) as unknown as Value
    return getSequenceItem(this.iterate(object), index)
  }

  setItem(object: object, index: Value, value: Value): void {
    const method = Reflect.get(object, "indexPut_")
    if (typeof method !== "function") throw new PythonError("TypeError", "nabla's tensors have no indexPut_")
    method.call(object, toIndexItems(index), toNabla(value))
  }

  call(object: object, args: Value[], keywords: Keywords): Value {
    const call = bindArguments(undefined, args, keywords, this.float)
    const method = Reflect.get(object, "call") ?? Reflect.get(object, "forward")
    if (typeof method !== "function") throw new PythonError("TypeError", "this object cannot be called")
    return fromNabla(method.apply(object, call))
  }

  iterate(object: object): Value[] {
    if (isTensor(object)) return rows(object)
    if (Symbol.iterator in object) return Array.from(object as Iterable<object>)
    throw new PythonError("TypeError", "this object is not iterable")
  }

  length(object: object): number {
    if (!isTensor(object)) return this.iterate(object).length
    if (object.shape.length === 0) throw new PythonError("TypeError", "a 0-d tensor has no len()")
    return object.shape[0]
  }

  truth(object: object): boolean {
    return isTensor(object) ? Boolean(scalar(object)) : true
  }

  toNumber(object: object): number | bigint {
    const value = isTensor(object) ? scalar(object as Tensor) : null
    if (typeof value === "boolean") return BigInt(value)
    if (typeof value === "number" || typeof value === "bigint") return value
    throw new PythonError("TypeError", "this object is no number")
  }
}

/** A layer or a list of layers: nabla's modules all have `parameters()`. */
export function isModule(value: Value): value is object {
  return value !== null && typeof value === "object" && typeof Reflect.get(value, "parameters") === "function"
}
