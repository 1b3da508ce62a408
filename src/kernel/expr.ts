import type { ArithmeticOp, CompareOp, Expr, Lanes, Scalar, UnaryOp, Variable } from "./ir.ts"

/** Constructors of expressions; they fold constants and apply identities that hold exactly in IEEE arithmetic. */

export function constant(type: Scalar, value: number, lanes: Lanes = 1): Expr {
  return { kind: "constant", type, lanes, value: normalizeConstant(type, value) }
}

function normalizeConstant(type: Scalar, value: number): number {
  if (type === "f32") return Math.fround(value)
  if (type === "i32") return value | 0
  if (type === "bool") return value === 0 ? 0 : 1
  return value
}

export function use(variable: Variable): Expr {
  return { kind: "variable", type: variable.type, lanes: variable.lanes, variable }
}

export function load(buffer: number, type: Scalar, index: Expr, lanes: Lanes = 1): Expr {
  return { kind: "load", type, lanes, buffer, index }
}

export function unary(op: UnaryOp, a: Expr): Expr {
  return { kind: "unary", type: a.type, lanes: a.lanes, op, a }
}

function isConstant(e: Expr, value: number): boolean {
  return e.kind === "constant" && Object.is(e.value, value)
}

function foldInteger(op: ArithmeticOp, a: number, b: number): number | undefined {
  switch (op) {
    case "add":
      return (a + b) | 0
    case "sub":
      return (a - b) | 0
    case "mul":
      return Math.imul(a, b)
    case "div":
      return b === 0 ? 0 : (a / b) | 0
    case "rem":
      return b === 0 ? 0 : (a % b) | 0
    case "min":
      return Math.min(a, b)
    case "max":
      return Math.max(a, b)
    case "and":
      return a & b
    case "or":
      return a | b
    case "xor":
      return a ^ b
    case "shl":
      return a << b
    case "shr":
      return (a >>> b) | 0
    default:
      return undefined
  }
}

export function binary(op: ArithmeticOp, a: Expr, b: Expr): Expr {
  if (a.type === "i32" && a.kind === "constant" && b.kind === "constant") {
    const value = foldInteger(op, a.value, b.value)
    if (value !== undefined) return constant("i32", value, a.lanes)
  }
  if (a.type === "i32") {
    if (op === "add" && isConstant(a, 0)) return b
    if ((op === "add" || op === "sub") && isConstant(b, 0)) return a
    if (op === "mul" && isConstant(a, 1)) return b
    if ((op === "mul" || op === "div") && isConstant(b, 1)) return a
  } else if (a.type !== "bool") {
    if (op === "mul" && isConstant(a, 1)) return b
    if ((op === "mul" || op === "div") && isConstant(b, 1)) return a
  }
  if (a.type === "bool" && op === "and") {
    if (isConstant(a, 1)) return b
    if (isConstant(b, 1)) return a
  }
  return { kind: "binary", type: a.type, lanes: a.lanes, op, a, b }
}

export const add = (a: Expr, b: Expr): Expr => binary("add", a, b)
export const sub = (a: Expr, b: Expr): Expr => binary("sub", a, b)
export const mul = (a: Expr, b: Expr): Expr => binary("mul", a, b)

export function compare(op: CompareOp, a: Expr, b: Expr): Expr {
  return { kind: "compare", type: "bool", lanes: a.lanes, op, a, b }
}

export function select(condition: Expr, a: Expr, b: Expr): Expr {
  if (condition.kind === "constant") return condition.value !== 0 ? a : b
  return { kind: "select", type: a.type, lanes: a.lanes, condition, a, b }
}

export function convert(type: Scalar, a: Expr): Expr {
  if (a.type === type) return a
  if (a.kind === "constant") {
    if (type === "i32")
      return constant(type, Math.trunc(Math.min(Math.max(a.value || 0, -2147483648), 2147483647)), a.lanes)
    return constant(type, a.value, a.lanes)
  }
  return { kind: "convert", type, lanes: a.lanes, a }
}

export function splat(a: Expr, lanes: Lanes): Expr {
  if (a.lanes === lanes) return a
  if (a.kind === "constant") return constant(a.type, a.value, lanes)
  return { kind: "splat", type: a.type, lanes, a }
}

export function assemble(values: readonly Expr[]): Expr {
  return { kind: "assemble", type: values[0]!.type, lanes: values.length as Lanes, values }
}

export function extract(a: Expr, lane: number): Expr {
  return { kind: "extract", type: a.type, lanes: 1, a, lane }
}

export function multiplyAdd(a: Expr, b: Expr, c: Expr): Expr {
  return { kind: "multiplyAdd", type: a.type, lanes: a.lanes, a, b, c }
}
