import type { Expr, Kernel, Stmt, UnaryOp } from "../kernel/index.ts"
import { loadStride } from "../kernel/index.ts"

/**
 * Estimated work of a kernel in units of one vector instruction, from loop counts and instruction weights. It only has
 * to rank different loop shapes of one kernel.
 */
export function estimateCost(kernel: Kernel): number {
  return block(kernel.body)
}

/** Turns of a loop whose bounds are not constants. */
const UNKNOWN_TRIPS = 16

function block(stmts: readonly Stmt[]): number {
  let total = 0
  for (const stmt of stmts) total += statement(stmt)
  return total
}

function statement(stmt: Stmt): number {
  switch (stmt.kind) {
    case "let":
    case "assign":
      return expression(stmt.value)
    case "store":
      return 1 + expression(stmt.index) + expression(stmt.value)
    case "for": {
      const { from, to, step } = stmt
      const known = from.kind === "constant" && to.kind === "constant"
      const trips = known ? Math.max(0, Math.ceil((to.value - from.value) / step)) : UNKNOWN_TRIPS
      return expression(from) + expression(to) + trips * (2 + block(stmt.body))
    }
    case "while":
      return UNKNOWN_TRIPS * (expression(stmt.condition) + block(stmt.body))
    case "if":
      return expression(stmt.condition) + Math.max(block(stmt.then), block(stmt.else))
  }
}

const cheapUnary = new Set<UnaryOp>(["neg", "abs", "sign", "not", "floor", "ceil", "trunc", "round", "clz"])
const vectorUnary = new Set<UnaryOp>([
  "sqrt",
  "exp",
  "exp2",
  "expm1",
  "log",
  "log2",
  "log10",
  "log1p",
  "sin",
  "cos",
  "tanh",
  "erf",
])

function unaryCost(op: UnaryOp, lanes: number): number {
  if (cheapUnary.has(op)) return 1
  return vectorUnary.has(op) ? 12 : 25 * lanes
}

function expression(e: Expr): number {
  switch (e.kind) {
    case "constant":
    case "variable":
      return 0
    case "load":
      return 1 + expression(e.index)
    case "unary":
      return unaryCost(e.op, e.lanes) + expression(e.a)
    case "binary": {
      const slow =
        e.op === "pow" || e.op === "atan2" || e.op === "hypot" || (e.op === "rem" && e.type !== "i32")
      const divided = e.type === "i32" && (e.op === "div" || e.op === "rem")
      const own = slow ? 25 * e.lanes : divided ? 8 * e.lanes : e.op === "div" ? 4 : 1
      return own + expression(e.a) + expression(e.b)
    }
    case "compare":
      return 1 + expression(e.a) + expression(e.b)
    case "select":
      return 1 + expression(e.condition) + expression(e.a) + expression(e.b)
    case "convert":
    case "splat":
    case "extract":
      return 1 + expression(e.a)
    case "assemble":
      return gather(e.values)
    case "multiplyAdd":
      return 2 + expression(e.a) + expression(e.b) + expression(e.c)
  }
}

/** Two vectors and a shuffle where every second element is wanted; otherwise lane by lane. */
const EVERY_SECOND = 3

function gather(values: readonly Expr[]): number {
  const [first] = values
  const stride = loadStride(values)
  if (first?.kind !== "load" || stride === null) {
    return values.reduce((total, value) => total + 1 + expression(value), 0)
  }
  // The addresses differ by constants, which instructions have a place for.
  return expression(first.index) + (stride === 2 ? EVERY_SECOND : 2 * values.length)
}
