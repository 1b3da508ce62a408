import type { Expr, Stmt, Variable } from "../../kernel/index.ts"

type For = Stmt & { kind: "for" }

/** Operations below which waking another thread costs more than it saves. */
const THRESHOLD = 100_000
/** Turns of a loop whose bounds are not constants. */
const UNKNOWN_TURNS = 16

/** Whether a loop's turns are independent and long enough together. */
export function worthSharing(loop: For): boolean {
  return loop.parallel !== undefined && turns(loop) > 1 && work([loop]) >= THRESHOLD
}

function turns({ from, to, step }: For): number {
  if (from.kind !== "constant" || to.kind !== "constant") return UNKNOWN_TURNS
  return Math.ceil((to.value - from.value) / step)
}

/** Roughly the operations of statements. */
function work(body: readonly Stmt[]): number {
  let total = 0
  for (const stmt of body) {
    if (stmt.kind === "for") total += turns(stmt) * (1 + work(stmt.body))
    else if (stmt.kind === "while") total += UNKNOWN_TURNS * (1 + work(stmt.body))
    else if (stmt.kind === "if") total += 1 + Math.max(work(stmt.then), work(stmt.else))
    else total += operations(stmt.value)
  }
  return total
}

/** A function of the library counts as twenty operations. */
function operations(e: Expr): number {
  switch (e.kind) {
    case "unary":
      return (e.op === "neg" || e.op === "abs" || e.op === "not" ? 1 : 20) + operations(e.a)
    case "binary":
    case "compare":
      return 1 + operations(e.a) + operations(e.b)
    case "select":
      return 1 + operations(e.condition) + operations(e.a) + operations(e.b)
    case "multiplyAdd":
      return 1 + operations(e.a) + operations(e.b) + operations(e.c)
    case "assemble":
      return e.values.reduce((total, value) => total + operations(value), 0)
    case "convert":
    case "splat":
    case "extract":
      return 1 + operations(e.a)
    default:
      return 1
  }
}

/** The variables that statements give a value, the loops' own included. */
export function assigned(body: readonly Stmt[], into = new Set<Variable>()): Set<Variable> {
  for (const stmt of body) {
    if (stmt.kind === "let" || stmt.kind === "assign") into.add(stmt.variable)
    else if (stmt.kind === "for") assigned(stmt.body, into.add(stmt.variable))
    else if (stmt.kind === "while") assigned(stmt.body, into)
    else if (stmt.kind === "if") assigned(stmt.else, assigned(stmt.then, into))
  }
  return into
}

export function loopsOf(body: readonly Stmt[]): For[] {
  return body.flatMap((stmt) => {
    if (stmt.kind === "for") return [stmt, ...loopsOf(stmt.body)]
    if (stmt.kind === "while") return loopsOf(stmt.body)
    return stmt.kind === "if" ? [...loopsOf(stmt.then), ...loopsOf(stmt.else)] : []
  })
}
