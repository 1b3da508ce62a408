import type { ArithmeticOp, Expr, Kernel, Stmt, Variable } from "./ir.ts"

/** Bounds of an i32 value, both inclusive. */
export interface Range {
  readonly low: number
  readonly high: number
}

/** What is known of the variables of a kernel; a variable that is missing may hold anything. */
export type VariableRanges = ReadonlyMap<Variable, Range>

const LOWEST = -0x8000_0000
const HIGHEST = 0x7fff_ffff

/** A range that 32-bit arithmetic might have wrapped tells nothing. */
function unlessWrapped(low: number, high: number): Range | undefined {
  return low >= LOWEST && high <= HIGHEST ? { low, high } : undefined
}

function rangeOfProduct(a: Range, b: Range): Range | undefined {
  const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]
  // + 0 makes +0 of −0.
  return unlessWrapped(Math.min(...corners) + 0, Math.max(...corners) + 0)
}

function rangeOfOperation(op: ArithmeticOp, a: Range | undefined, b: Range | undefined): Range | undefined {
  if (op === "and") {
    // A mask that is not negative bounds the result from above, whatever the other side is.
    const masks = [a, b].filter((r) => r !== undefined && r.low >= 0).map((r) => r!.high)
    return masks.length === 0 ? undefined : { low: 0, high: Math.min(...masks) }
  }
  if (op === "rem" && b !== undefined && b.low > 0) {
    return { low: a !== undefined && a.low >= 0 ? 0 : 1 - b.high, high: b.high - 1 }
  }
  if (op === "shr" && b !== undefined && b.low === b.high && b.low > 0 && b.low < 32) {
    return { low: 0, high: HIGHEST >>> (b.low - 1) }
  }
  if (a === undefined || b === undefined) return undefined
  switch (op) {
    case "add":
      return unlessWrapped(a.low + b.low, a.high + b.high)
    case "sub":
      return unlessWrapped(a.low - b.high, a.high - b.low)
    case "mul":
      return rangeOfProduct(a, b)
    case "div":
      return a.low >= 0 && b.low > 0 ? { low: 0, high: a.high } : undefined
    case "min":
      return { low: Math.min(a.low, b.low), high: Math.min(a.high, b.high) }
    case "max":
      return { low: Math.max(a.low, b.low), high: Math.max(a.high, b.high) }
    default:
      return undefined
  }
}

/** Bounds of a scalar i32 expression that hold in every run, or undefined where none are known. */
export function rangeOf(expr: Expr, variables: VariableRanges): Range | undefined {
  switch (expr.kind) {
    case "constant":
      return { low: expr.value, high: expr.value }
    case "variable":
      return variables.get(expr.variable)
    case "binary":
      return rangeOfOperation(expr.op, rangeOf(expr.a, variables), rangeOf(expr.b, variables))
    case "select": {
      const a = rangeOf(expr.a, variables)
      const b = rangeOf(expr.b, variables)
      return a && b && { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) }
    }
    case "convert":
      return expr.a.type === "bool" ? { low: 0, high: 1 } : undefined
    default:
      return undefined
  }
}

function assignedVariables(body: readonly Stmt[], found: Set<Variable>): Set<Variable> {
  for (const stmt of body) {
    if (stmt.kind === "assign") found.add(stmt.variable)
    else if (stmt.kind === "for" || stmt.kind === "while") assignedVariables(stmt.body, found)
    else if (stmt.kind === "if") {
      assignedVariables(stmt.then, found)
      assignedVariables(stmt.else, found)
    }
  }
  return found
}

/** Bounds of loop variables, and of i32 variables that are given one value and never assigned again. */
export function variableRanges(kernel: Kernel): VariableRanges {
  const assigned = assignedVariables(kernel.body, new Set())
  const ranges = new Map<Variable, Range>()
  const visit = (body: readonly Stmt[]): void => {
    for (const stmt of body) {
      if (stmt.kind === "let" && stmt.variable.type === "i32" && stmt.variable.lanes === 1) {
        const range = assigned.has(stmt.variable) ? undefined : rangeOf(stmt.value, ranges)
        if (range !== undefined) ranges.set(stmt.variable, range)
      } else if (stmt.kind === "for") {
        const from = rangeOf(stmt.from, ranges)
        const to = rangeOf(stmt.to, ranges)
        if (from && to && from.low < to.high) ranges.set(stmt.variable, { low: from.low, high: to.high - 1 })
        visit(stmt.body)
      } else if (stmt.kind === "while") visit(stmt.body)
      else if (stmt.kind === "if") {
        visit(stmt.then)
        visit(stmt.else)
      }
    }
  }
  visit(kernel.body)
  return ranges
}
