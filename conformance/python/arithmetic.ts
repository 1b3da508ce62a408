/** Python's operators on its own values: int stays int except under `/` and negative powers. */
import { isInteger, isList, isNumeric, PythonError, Tuple, typeName, type Value } from "./values.ts"

export function binaryOperation(operator: string, left: Value, right: Value): Value {
  if (isNumeric(left) && isNumeric(right)) {
    if (isInteger(left) && isInteger(right)) return integerOperation(operator, BigInt(left), BigInt(right))
    return floatOperation(operator, Number(left), Number(right))
  }
  if (operator === "+") {
    if (typeof left === "string" && typeof right === "string") return left + right
    if (isList(left) && isList(right)) return [...left, ...right]
    if (left instanceof Tuple && right instanceof Tuple) return new Tuple([...left.items, ...right.items])
  }
  if (operator === "*" && isInteger(right)) return repeat(left, Number(right))
  if (operator === "*" && isInteger(left)) return repeat(right, Number(left))
  throw new PythonError("TypeError", `${typeName(left)} ${operator} ${typeName(right)} is not defined`)
}

function repeat(value: Value, times: number): Value {
  const copies = <T>(items: readonly T[]) =>
    Array.from({ length: Math.max(0, times) }, () => items).flat(1) as T[]
  if (typeof value === "string") return value.repeat(Math.max(0, times))
  if (isList(value)) return copies(value)
  if (value instanceof Tuple) return new Tuple(copies(value.items))
  throw new PythonError("TypeError", `cannot repeat ${typeName(value)}`)
}

function integerOperation(operator: string, a: bigint, b: bigint): Value {
  switch (operator) {
    case "+":
      return a + b
    case "-":
      return a - b
    case "*":
      return a * b
    case "/":
      return floatOperation("/", Number(a), Number(b))
    case "//":
      return floorDivide(a, b)
    case "%":
      return a - floorDivide(a, b) * b
    case "**":
      return b < 0n ? Number(a) ** Number(b) : a ** b
    case "&":
      return a & b
    case "|":
      return a | b
    case "^":
      return a ^ b
    case "<<":
      return a << b
    case ">>":
      return a >> b
    default:
      throw new PythonError("TypeError", `int ${operator} int is not defined`)
  }
}

/** BigInt division cuts towards zero; Python's goes down. */
function floorDivide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new PythonError("ZeroDivisionError", "integer division by zero")
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

function floatOperation(operator: string, a: number, b: number): number {
  if (b === 0 && ["/", "//", "%"].includes(operator)) {
    throw new PythonError("ZeroDivisionError", "float division by zero")
  }
  switch (operator) {
    case "+":
      return a + b
    case "-":
      return a - b
    case "*":
      return a * b
    case "/":
      return a / b
    case "//":
      return Math.floor(a / b)
    case "%":
      return a - Math.floor(a / b) * b
    case "**":
      return a ** b
    default:
      throw new PythonError("TypeError", `float ${operator} float is not defined`)
  }
}

export function unaryOperation(operator: string, operand: Value): Value {
  if (isNumeric(operand)) {
    const value = typeof operand === "boolean" ? BigInt(operand) : operand
    if (operator === "-") return -value
    if (operator === "+") return value
    if (operator === "~" && typeof value === "bigint") return ~value
  }
  throw new PythonError("TypeError", `${operator}${typeName(operand)} is not defined`)
}

export function equal(left: Value, right: Value): boolean {
  if (isNumeric(left) && isNumeric(right)) return Number(left) === Number(right)
  if (isList(left) && isList(right)) return sameItems(left, right)
  if (left instanceof Tuple && right instanceof Tuple) return sameItems(left.items, right.items)
  return left === right
}

function sameItems(left: readonly Value[], right: readonly Value[]): boolean {
  return left.length === right.length && left.every((item, index) => equal(item, right[index]))
}

/** `<` and its relatives; lists and tuples are compared item by item. */
export function ordered(operator: string, left: Value, right: Value): boolean {
  const order = compare(left, right)
  if (operator === "<") return order < 0
  if (operator === "<=") return order <= 0
  if (operator === ">") return order > 0
  return order >= 0
}

/** Negative, zero or positive; NaN when either is NaN, so that every order with NaN is false. */
export function compare(left: Value, right: Value): number {
  if (isNumeric(left) && isNumeric(right)) {
    const [a, b] = [Number(left), Number(right)]
    return a === b ? 0 : a - b
  }
  if (typeof left === "string" && typeof right === "string") return left < right ? -1 : left > right ? 1 : 0
  const a = left instanceof Tuple ? left.items : left
  const b = right instanceof Tuple ? right.items : right
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let at = 0; at < Math.min(a.length, b.length); at++) {
      if (!equal(a[at], b[at])) return compare(a[at], b[at])
    }
    return a.length - b.length
  }
  throw new PythonError("TypeError", `cannot order ${typeName(left)} and ${typeName(right)}`)
}
