import { binaryFunctions, internalError, unaryFunctions } from "../../base/index.ts"
import type { ArithmeticOp, CompareOp, Expr, Kernel, Stmt, UnaryOp, Variable } from "../../kernel/index.ts"

/** Kernels as JavaScript: one function of plain loops in double precision. */

type TypedStorage = Float32Array | Float64Array | Int32Array

export type ReferenceFunction = (...buffers: TypedStorage[]) => void

const COMPARISONS: Readonly<Record<CompareOp, string>> = {
  eq: "===",
  ne: "!==",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
}

const INTEGER_OPERATORS: Partial<Record<ArithmeticOp, string>> = {
  add: "+",
  sub: "-",
  and: "&",
  or: "|",
  xor: "^",
  shl: "<<",
  shr: ">>>",
}

const FLOAT_OPERATORS: Partial<Record<ArithmeticOp, string>> = { add: "+", sub: "-", mul: "*", div: "/" }

/** The high word of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  return Number((BigInt(a >>> 0) * BigInt(b >>> 0)) >> 32n) | 0
}

/** What the text of a kernel may call. */
const library = {
  ...unaryFunctions,
  ...binaryFunctions,
  min: Math.min,
  max: Math.max,
  imul: Math.imul,
  clz32: Math.clz32,
  fround: Math.fround,
  mulhu: multiplyHigh,
  // Both sides of a select are evaluated, so that a load out of bounds is found on either.
  pick: (condition: number, a: number, b: number) => (condition === 0 ? b : a),
  idiv: (a: number, b: number) => (b === 0 ? 0 : (a / b) | 0),
  irem: (a: number, b: number) => (b === 0 ? 0 : (a % b) | 0),
  truncate: (x: number) => Math.trunc(Math.min(Math.max(x || 0, -0x8000_0000), 0x7fff_ffff)) | 0,
}

const variable = ({ id }: Variable): string => `v${id}`

function constant(value: number): string {
  if (Object.is(value, -0)) return "(-0)"
  return value < 0 ? `(${value})` : String(value)
}

class SourceWriter {
  private readonly kernel: Kernel
  private readonly variables = new Set<string>()
  private readonly lines: string[] = []

  constructor(kernel: Kernel) {
    this.kernel = kernel
  }

  run(): string {
    this.body(this.kernel.body, "  ")
    const parameters = this.kernel.buffers.map((_, i) => `b${i}`).join(", ")
    const declaration = this.variables.size === 0 ? [] : [`  let ${[...this.variables].join(", ")}`]
    return [`function kernel(${parameters}) {`, ...declaration, ...this.lines, "}", ""].join("\n")
  }

  private declare(name: string): string {
    this.variables.add(name)
    return name
  }

  private body(body: readonly Stmt[], indent: string): void {
    for (const stmt of body) this.statement(stmt, indent)
  }

  private block(head: string, body: readonly Stmt[], indent: string): void {
    this.lines.push(`${indent}${head} {`)
    this.body(body, `${indent}  `)
    this.lines.push(`${indent}}`)
  }

  private statement(stmt: Stmt, indent: string): void {
    switch (stmt.kind) {
      case "let":
      case "assign":
        this.lines.push(`${indent}${this.declare(variable(stmt.variable))} = ${this.expr(stmt.value)}`)
        break
      case "store":
        this.lines.push(`${indent}${this.element(stmt.buffer, stmt.index)} = ${this.expr(stmt.value)}`)
        break
      case "for": {
        const v = this.declare(variable(stmt.variable))
        const end = this.declare(`end${stmt.variable.id}`)
        const range = `${v} = ${this.expr(stmt.from)}, ${end} = ${this.expr(stmt.to)}`
        this.block(`for (${range}; ${v} < ${end}; ${v} += ${stmt.step})`, stmt.body, indent)
        break
      }
      case "while":
        this.block(`while (${this.expr(stmt.condition)} !== 0)`, stmt.body, indent)
        break
      case "if":
        this.block(`if (${this.expr(stmt.condition)} !== 0)`, stmt.then, indent)
        if (stmt.else.length > 0) this.block("else", stmt.else, indent)
    }
  }

  private element(buffer: number, index: Expr): string {
    return `b${buffer}[at(${this.expr(index)}, ${this.kernel.buffers[buffer]!.length}, ${buffer})]`
  }

  private expr(e: Expr): string {
    if (e.lanes !== 1) throw internalError(`a vector in kernel ${this.kernel.name}`, "reference device")
    switch (e.kind) {
      case "constant":
        return constant(e.value)
      case "variable":
        return variable(e.variable)
      case "load":
        return this.element(e.buffer, e.index)
      case "unary":
        return this.unary(e.op, e.a)
      case "binary":
        return this.binary(e.op, e.a, e.b)
      case "compare":
        return `+(${this.expr(e.a)} ${COMPARISONS[e.op]} ${this.expr(e.b)})`
      case "select":
        return `pick(${this.expr(e.condition)}, ${this.expr(e.a)}, ${this.expr(e.b)})`
      case "convert":
        return this.convert(e)
      case "multiplyAdd":
        return `(${this.expr(e.a)} * ${this.expr(e.b)} + ${this.expr(e.c)})`
      case "splat":
        return this.expr(e.a)
      case "assemble":
      case "extract":
        throw internalError(`a vector in kernel ${this.kernel.name}`, "reference device")
    }
  }

  private unary(op: UnaryOp, a: Expr): string {
    const x = this.expr(a)
    if (op === "not") return a.type === "bool" ? `(1 - ${x})` : `(~${x})`
    if (op === "clz") return `clz32(${x})`
    if (op === "neg") return a.type === "i32" ? `(-${x} | 0)` : `(-${x})`
    return a.type === "i32" ? `(${op}(${x}) | 0)` : `${op}(${x})`
  }

  private binary(op: ArithmeticOp, left: Expr, right: Expr): string {
    const a = this.expr(left)
    const b = this.expr(right)
    if (left.type === "f32" || left.type === "f64") {
      const operator = FLOAT_OPERATORS[op]
      return operator === undefined ? `${op}(${a}, ${b})` : `(${a} ${operator} ${b})`
    }
    const operator = INTEGER_OPERATORS[op]
    if (operator !== undefined) return `(${a} ${operator} ${b} | 0)`
    const name = op === "mul" ? "imul" : op === "div" ? "idiv" : op === "rem" ? "irem" : op
    return `${name}(${a}, ${b})`
  }

  /** A conversion to f32 rounds: it is what the user asked for, not a by-product of the storage. */
  private convert({ type, a }: Expr & { kind: "convert" }): string {
    const x = this.expr(a)
    if (type === "bool") return `+(${x} !== 0)`
    if (type === "f32" && a.type !== "bool") return `fround(${x})`
    const isFloat = a.type === "f32" || a.type === "f64"
    return type === "i32" && isFloat ? `truncate(${x})` : x
  }
}

/** The text of a kernel as a JavaScript function of its buffers. */
export function kernelSource(kernel: Kernel): string {
  return new SourceWriter(kernel).run()
}

/** Checks an index: gives it back, or throws an error that names kernel, buffer and index. */
function boundsCheck(kernel: Kernel): (index: number, length: number, buffer: number) => number {
  return (index, length, buffer) => {
    if (index >>> 0 < length) return index
    const where = `reference device: kernel ${kernel.name}`
    throw internalError(`index ${index} lies outside buffer ${buffer} of ${length} elements`, where)
  }
}

export function compileKernel(kernel: Kernel): ReferenceFunction {
  const names = Object.keys(library)
  const make = new Function(...names, "at", `"use strict"\nreturn ${kernelSource(kernel)}`)
  return make(...Object.values(library), boundsCheck(kernel)) as ReferenceFunction
}
