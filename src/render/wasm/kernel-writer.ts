import type { Expr, Kernel, Stmt, Variable, VariableRanges } from "../../kernel/index.ts"
import { variableRanges } from "../../kernel/index.ts"
import { FunctionBody } from "./assembler.ts"
import type { Context } from "./context.ts"
import { valueType } from "./context.ts"
import type { Helpers } from "./helpers.ts"
import { writeLoad, writeStore } from "./memory.ts"
import type { ValueType } from "./opcodes.ts"
import {
  instruction,
  writeBinary,
  writeCompare,
  writeConstant,
  writeConvert,
  writeSelect,
  writeUnary,
} from "./operations.ts"
import { writeAssemble, writeExtract, writeSplat } from "./vectors.ts"

/** Writes one kernel as a function whose parameters are the byte addresses of its buffers. */
export class KernelWriter implements Context {
  readonly code: FunctionBody
  readonly helpers: Helpers
  readonly relaxed: boolean
  readonly ranges: VariableRanges
  private readonly kernel: Kernel
  private readonly locals = new Map<Variable, number>()
  private readonly scratches = new Map<string, number>()

  constructor(kernel: Kernel, helpers: Helpers, relaxed: boolean) {
    this.kernel = kernel
    this.helpers = helpers
    this.relaxed = relaxed
    this.code = new FunctionBody(kernel.buffers.length)
    this.ranges = variableRanges(kernel)
  }

  run(): FunctionBody {
    this.body(this.kernel.body)
    return this.code
  }

  local(variable: Variable): number {
    let local = this.locals.get(variable)
    if (local === undefined) {
      local = this.code.local(valueType(variable.type, variable.lanes))
      this.locals.set(variable, local)
    }
    return local
  }

  scratch(type: ValueType, which = 0): number {
    const key = `${type} ${which}`
    let local = this.scratches.get(key)
    if (local === undefined) {
      local = this.code.local(type)
      this.scratches.set(key, local)
    }
    return local
  }

  private body(body: readonly Stmt[]): void {
    for (const stmt of body) this.statement(stmt)
  }

  private statement(stmt: Stmt): void {
    const { code } = this
    switch (stmt.kind) {
      case "let":
      case "assign":
        this.expr(stmt.value)
        code.set(this.local(stmt.variable))
        break
      case "store":
        writeStore(this, stmt.buffer, stmt.index, stmt.value)
        break
      case "for":
        this.forLoop(stmt)
        break
      case "while":
        code.nest("loop", () => {
          this.expr(stmt.condition)
          code.nest("if", () => {
            this.body(stmt.body)
            code.branch(1)
          })
        })
        break
      case "if":
        this.expr(stmt.condition)
        code.nest("if", () => {
          this.body(stmt.then)
          if (stmt.else.length > 0) {
            code.op("else")
            this.body(stmt.else)
          }
        })
        break
    }
  }

  /** One test before the loop, one backward branch at its end. */
  private forLoop(stmt: Stmt & { kind: "for" }): void {
    const { code } = this
    const { from, to } = stmt
    const variable = this.local(stmt.variable)
    const known = from.kind === "constant" && to.kind === "constant"
    if (known && from.value >= to.value) return
    const limit = this.limit(to)
    this.expr(from)
    code.set(variable)
    const loop = (): void =>
      code.nest("loop", () => {
        this.body(stmt.body)
        code.get(variable)
        code.i32(stmt.step)
        code.op("i32.add")
        code.tee(variable)
        limit()
        code.op("i32.lt_s")
        code.branchIf(0)
      })
    if (known) {
      loop()
      return
    }
    code.get(variable)
    limit()
    code.op("i32.lt_s")
    code.nest("if", loop)
  }

  /** Computes the end of a loop once and gives what writes it again. */
  private limit(to: Expr): () => void {
    const { code } = this
    if (to.kind === "constant") return () => code.i32(to.value)
    const local = code.local("i32")
    this.expr(to)
    code.set(local)
    return () => code.get(local)
  }

  expr(expr: Expr): void {
    switch (expr.kind) {
      case "constant":
        writeConstant(this, expr.type, expr.lanes, expr.value)
        break
      case "variable":
        this.code.get(this.local(expr.variable))
        break
      case "load":
        writeLoad(this, expr.buffer, expr.index, expr.type, expr.lanes)
        break
      case "unary":
        writeUnary(this, expr.op, expr.a)
        break
      case "binary":
        writeBinary(this, expr.op, expr.a, expr.b)
        break
      case "compare":
        writeCompare(this, expr.op, expr.a, expr.b)
        break
      case "select":
        this.expr(expr.a)
        this.expr(expr.b)
        this.expr(expr.condition)
        writeSelect(this, expr.lanes)
        break
      case "convert":
        writeConvert(this, expr.type, expr.a)
        break
      case "splat":
        writeSplat(this, expr.a)
        break
      case "assemble":
        writeAssemble(this, expr.values, expr.type, expr.lanes)
        break
      case "extract":
        writeExtract(this, expr.a, expr.lane)
        break
      case "multiplyAdd":
        this.multiplyAdd(expr)
        break
    }
  }

  private multiplyAdd({ a, b, c, type, lanes }: Expr & { kind: "multiplyAdd" }): void {
    const { code } = this
    this.expr(a)
    this.expr(b)
    if (this.relaxed && lanes > 1) {
      this.expr(c)
      code.op(type === "f64" ? "f64x2.relaxed_madd" : "f32x4.relaxed_madd")
      return
    }
    code.op(instruction(type, lanes, "mul"))
    this.expr(c)
    code.op(instruction(type, lanes, "add"))
  }
}
