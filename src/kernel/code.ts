import * as ir from "./expr.ts"
import type { Access, BufferParam, Expr, Kernel, Lanes, Parallel, Scalar, Stmt, Variable } from "./ir.ts"

/** A whole number in an address or a loop bound. */
export const int = (value: number): Expr => ir.constant("i32", value)

/**
 * Writes kernels statement by statement, for algorithms that are no loops over independent elements: a packed matrix
 * product, a sort, a decomposition. Blocks nest as functions do.
 */
export class Code {
  private readonly buffers: BufferParam[] = []
  private stmts: Stmt[] = []
  private variableCount = 0

  buffer(type: Scalar, length: number, access: Access): number {
    this.buffers.push({ type, length, access })
    return this.buffers.length - 1
  }

  /** Working memory of the kernel; its content is undefined at first. */
  scratch(type: Scalar, length: number): number {
    return this.buffer(type, length, "scratch")
  }

  typeOf(buffer: number): Scalar {
    return this.buffers[buffer]!.type
  }

  finish(name: string): Kernel {
    return { name, buffers: this.buffers, body: this.stmts }
  }

  /** A variable that can be assigned again. */
  variable(initial: Expr): Variable {
    const variable = this.fresh(initial.type, initial.lanes)
    this.stmts.push({ kind: "let", variable, value: initial })
    return variable
  }

  private fresh(type: Scalar, lanes: Lanes = 1): Variable {
    return { id: this.variableCount++, type, lanes }
  }

  assign(variable: Variable, value: Expr): void {
    this.stmts.push({ kind: "assign", variable, value })
  }

  /** Computes an expression once and gives the variable that holds it. */
  bind(value: Expr): Expr {
    if (value.kind === "constant" || value.kind === "variable") return value
    return ir.use(this.variable(value))
  }

  private block(write: () => void): Stmt[] {
    const outer = this.stmts
    this.stmts = []
    write()
    const inner = this.stmts
    this.stmts = outer
    return inner
  }

  /** for (i = from; i < to; i += step) */
  for(from: Expr, to: Expr, step: number, body: (i: Expr) => void, parallel?: Parallel): void {
    const variable = this.fresh("i32")
    const inner = this.block(() => body(ir.use(variable)))
    const independent = parallel === undefined ? {} : { parallel }
    this.stmts.push({ kind: "for", variable, from, to, step, body: inner, ...independent })
  }

  if(condition: Expr, then: () => void, otherwise: () => void = () => {}): void {
    this.stmts.push({ kind: "if", condition, then: this.block(then), else: this.block(otherwise) })
  }

  /** The condition is evaluated anew before each turn; it must read variables, not bound copies of them. */
  while(condition: Expr, body: () => void): void {
    this.stmts.push({ kind: "while", condition, body: this.block(body) })
  }

  store(buffer: number, index: Expr, value: Expr): void {
    this.stmts.push({ kind: "store", buffer, index, value })
  }

  load(buffer: number, index: Expr, lanes: Lanes = 1): Expr {
    return ir.load(buffer, this.buffers[buffer]!.type, index, lanes)
  }
}
