import type { Expr, Kernel, Stmt } from "./ir.ts"

export type Loop = Extract<Stmt, { kind: "for" }>

/** Operations below which handing turns to another thread costs more than it saves: some 30 µs. */
const THRESHOLD = 100_000
/** Turns of a loop whose bounds are not constants. */
const UNKNOWN_TURNS = 16
/** Floating-point operations that take as long as one other: vectors of four, fused, two at once. */
const FLOPS_OF_AN_OPERATION = 8

/** How often a loop's body runs. */
export function loopTurns({ from, to, step, turns }: Loop): number {
  if (turns !== undefined) return turns
  if (from.kind !== "constant" || to.kind !== "constant") return UNKNOWN_TURNS
  return Math.max(0, Math.ceil((to.value - from.value) / step))
}

/**
 * Whether a loop's turns are independent and long enough together to be shared out among threads. Where the kernel
 * says its arithmetic, that decides: the bounds of a contraction's loops are not constants.
 */
export function worthSharing(loop: Loop, kernel: Kernel, threshold = THRESHOLD): boolean {
  return loop.parallel !== undefined && loopTurns(loop) > 1 && sharedWork(loop, kernel) >= threshold
}

/** Roughly the operations of a kernel's main loop. */
export function sharedWork(loop: Loop, { flops }: Kernel): number {
  return flops === undefined ? work([loop]) : flops / FLOPS_OF_AN_OPERATION
}

function work(body: readonly Stmt[]): number {
  let total = 0
  for (const stmt of body) {
    if (stmt.kind === "for") total += loopTurns(stmt) * (1 + work(stmt.body))
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
