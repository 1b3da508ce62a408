import type { Expr, Kernel, Stmt } from "./ir.ts"
import { scalarBytes } from "./ir.ts"
import { rangeOf, type VariableRanges, variableRanges } from "./range.ts"

/** What one launch of a kernel does at least. */
export interface KernelWork {
  /** Arithmetic operations on floats: a function such as exp counts as one, a multiply-add as two. */
  readonly flops: number
  /** Traffic when each element that is touched moves once: what a perfect cache would leave. */
  readonly bytes: number
}

/**
 * The work of a kernel, from its loops. Where a kernel says its arithmetic itself (`Kernel.flops`), that counts; a loop
 * whose end is not known counts with its longest run; of two branches the longer one.
 */
export function kernelWork(kernel: Kernel): KernelWork {
  const count = new WorkCount(kernel)
  return { flops: kernel.flops ?? count.flops(), bytes: count.bytes() }
}

class WorkCount {
  private readonly kernel: Kernel
  private readonly ranges: VariableRanges
  private readonly loaded: number[]
  private readonly stored: number[]
  private readonly arithmetic: number

  constructor(kernel: Kernel) {
    this.kernel = kernel
    this.ranges = variableRanges(kernel)
    this.loaded = kernel.buffers.map(() => 0)
    this.stored = kernel.buffers.map(() => 0)
    this.arithmetic = this.block(kernel.body, 1)
  }

  flops(): number {
    return this.arithmetic
  }

  bytes(): number {
    return this.kernel.buffers.reduce((total, { type, length, access }, i) => {
      if (access === "scratch") return total
      const touched = Math.min(this.loaded[i]!, length) + Math.min(this.stored[i]!, length)
      return total + touched * scalarBytes(type)
    }, 0)
  }

  /** Operations of statements that run `times` times. */
  private block(stmts: readonly Stmt[], times: number): number {
    return stmts.reduce((total, stmt) => total + this.statement(stmt, times), 0)
  }

  private statement(stmt: Stmt, times: number): number {
    switch (stmt.kind) {
      case "let":
      case "assign":
        return this.expression(stmt.value, times)
      case "store":
        this.stored[stmt.buffer]! += times * stmt.value.lanes
        return this.expression(stmt.index, times) + this.expression(stmt.value, times)
      case "for":
        return this.block(stmt.body, times * this.turns(stmt) * (1 - (stmt.repeated ?? 0) / stmt.step))
      case "while":
        return this.expression(stmt.condition, times) + this.block(stmt.body, times)
      case "if":
        return (
          this.expression(stmt.condition, times) +
          Math.max(this.block(stmt.then, times), this.block(stmt.else, times))
        )
    }
  }

  private turns({ from, to, step }: Extract<Stmt, { kind: "for" }>): number {
    const [low, high] = [rangeOf(from, this.ranges), rangeOf(to, this.ranges)]
    return low && high ? Math.max(0, Math.ceil((high.high - low.low) / step)) : 1
  }

  private expression(e: Expr, times: number): number {
    const own = (e.type === "f32" || e.type === "f64" ? 1 : 0) * times * e.lanes
    const both = (...parts: readonly Expr[]): number =>
      parts.reduce((total, part) => total + this.expression(part, times), 0)
    switch (e.kind) {
      case "constant":
      case "variable":
        return 0
      case "load":
        this.loaded[e.buffer]! += times * e.lanes
        return both(e.index)
      case "unary":
        return own + both(e.a)
      case "binary":
        return own + both(e.a, e.b)
      case "multiplyAdd":
        return 2 * own + both(e.a, e.b, e.c)
      case "compare":
        return both(e.a, e.b)
      case "select":
        return both(e.condition, e.a, e.b)
      case "assemble":
        return both(...e.values)
      case "convert":
      case "splat":
      case "extract":
        return both(e.a)
    }
  }
}
