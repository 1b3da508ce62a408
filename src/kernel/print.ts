import type { Expr, Kernel, Lanes, Scalar, Stmt, Variable } from "./ir.ts"

/** `f32` for a scalar, `f32x4` for a vector. */
export function printType(type: Scalar, lanes: Lanes): string {
  return lanes === 1 ? type : `${type}x${lanes}`
}

function printVariable(variable: Variable): string {
  return `v${variable.id}`
}

function printNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value)
}

function printAccess(buffer: number, index: Expr, lanes: Lanes): string {
  return lanes === 1 ? `b${buffer}[${printExpr(index)}]` : `b${buffer}[${printExpr(index)}:${lanes}]`
}

const INFIX: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  rem: "%",
  and: "&",
  or: "|",
  xor: "^",
  shl: "<<",
  shr: ">>>",
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
}

/** How tightly an operator binds; operators of rank 0 take parentheses around every operand. */
const RANK: Readonly<Record<string, number>> = { mul: 2, div: 2, rem: 2, add: 1, sub: 1 }

const COMPARISONS: readonly string[] = ["eq", "ne", "lt", "le", "gt", "ge"]

function printInfix(op: string, a: Expr, b: Expr): string {
  const symbol = INFIX[op]
  if (symbol === undefined) return `${op}(${printExpr(a)}, ${printExpr(b)})`
  const operand = (e: Expr, lowest: number): string => {
    const open = e.kind === "binary" || e.kind === "compare" ? INFIX[e.op] !== undefined : false
    const rank = e.kind === "binary" ? (RANK[e.op] ?? 0) : 0
    return open && rank < lowest ? `(${printExpr(e)})` : printExpr(e)
  }
  if (COMPARISONS.includes(op)) return `${operand(a, 1)} ${symbol} ${operand(b, 1)}`
  const rank = RANK[op] ?? 3
  // The left operand of a chain needs no parentheses; the right one does, because the order of a sum has a meaning.
  return `${operand(a, rank)} ${symbol} ${operand(b, rank + 1)}`
}

export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case "constant":
      return expr.lanes === 1 ? printNumber(expr.value) : `splat(${printNumber(expr.value)})`
    case "variable":
      return printVariable(expr.variable)
    case "load":
      return printAccess(expr.buffer, expr.index, expr.lanes)
    case "unary":
      return `${expr.op}(${printExpr(expr.a)})`
    case "binary":
    case "compare":
      return printInfix(expr.op, expr.a, expr.b)
    case "select":
      return `select(${printExpr(expr.condition)}, ${printExpr(expr.a)}, ${printExpr(expr.b)})`
    case "convert":
      return `${expr.type}(${printExpr(expr.a)})`
    case "splat":
      return `splat(${printExpr(expr.a)})`
    case "assemble":
      return `{${expr.values.map(printExpr).join(", ")}}`
    case "extract":
      return `lane${expr.lane}(${printExpr(expr.a)})`
    case "multiplyAdd":
      return `multiplyAdd(${printExpr(expr.a)}, ${printExpr(expr.b)}, ${printExpr(expr.c)})`
  }
}

/** The first line of a statement, without its body. */
export function printHead(stmt: Stmt): string {
  switch (stmt.kind) {
    case "let": {
      const { type, lanes } = stmt.variable
      return `${printVariable(stmt.variable)}: ${printType(type, lanes)} = ${printExpr(stmt.value)}`
    }
    case "assign":
      return `${printVariable(stmt.variable)} = ${printExpr(stmt.value)}`
    case "store":
      return `${printAccess(stmt.buffer, stmt.index, stmt.value.lanes)} = ${printExpr(stmt.value)}`
    case "for": {
      const step = stmt.step === 1 ? "" : ` by ${stmt.step}`
      return `for ${printVariable(stmt.variable)} in ${printExpr(stmt.from)} .. ${printExpr(stmt.to)}${step}`
    }
    case "while":
      return `while ${printExpr(stmt.condition)}`
    case "if":
      return `if ${printExpr(stmt.condition)}`
  }
}

function printBody(body: readonly Stmt[], indent: string, lines: string[]): void {
  for (const stmt of body) {
    lines.push(indent + printHead(stmt))
    if (stmt.kind === "for" || stmt.kind === "while") printBody(stmt.body, `${indent}  `, lines)
    else if (stmt.kind === "if") {
      printBody(stmt.then, `${indent}  `, lines)
      if (stmt.else.length > 0) {
        lines.push(`${indent}else`)
        printBody(stmt.else, `${indent}  `, lines)
      }
    }
  }
}

/** A kernel as text for people: golden kernels, error messages, profiles. Equal text means equal kernels. */
export function printKernel(kernel: Kernel): string {
  const buffers = kernel.buffers.map(
    (buffer, i) => `b${i}: ${buffer.access} ${buffer.type}[${buffer.length}]`,
  )
  const lines = [`kernel ${kernel.name}(${buffers.join(", ")})`]
  printBody(kernel.body, "  ", lines)
  return `${lines.join("\n")}\n`
}
