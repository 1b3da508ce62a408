import type { Expr, Kernel, Stage, Stmt, Variable, VariableRanges } from "../../kernel/index.ts"
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

/** A loop, and the parameter from which on the first turn and the end of the turns to run are given. */
interface Share {
  readonly loop: Stmt
  readonly parameter: number
}

/** Writes a kernel, or a stage of one, as a function whose parameters are the byte addresses of its buffers. */
export class KernelWriter implements Context {
  readonly code: FunctionBody
  readonly helpers: Helpers
  readonly relaxed: boolean
  readonly ranges: VariableRanges
  private readonly kernel: Kernel
  private readonly locals = new Map<Variable, number>()
  private readonly scratches = new Map<string, number>()
  private readonly stage: Stage | null
  private readonly share: Share | null

  constructor(kernel: Kernel, helpers: Helpers, relaxed: boolean, stage: Stage | null = null) {
    this.kernel = kernel
    this.stage = stage
    this.helpers = helpers
    this.relaxed = relaxed
    const buffers = kernel.buffers.length
    const shared = stage?.shared ?? null
    this.share = shared === null ? null : { loop: shared.loop, parameter: buffers }
    this.code = new FunctionBody(buffers + (shared === null ? 0 : 2))
    this.ranges = variableRanges(kernel)
  }

  run(): FunctionBody {
    if (this.stage !== null) this.body(this.stage.setup)
    this.body(this.stage === null ? this.kernel.body : this.stage.body)
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
    const shared = this.share?.loop === stmt ? this.share : null
    const known = shared === null && from.kind === "constant" && to.kind === "constant"
    if (known && from.value >= to.value) return
    const limit = shared === null ? this.limit(to) : this.limitAt(stmt, shared.parameter + 1)
    if (shared === null) this.expr(from)
    else this.turn(stmt, shared.parameter)
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

  /** from + turn·step, where the turn is a parameter. */
  private turn({ from, step }: Stmt & { kind: "for" }, parameter: number): void {
    const { code } = this
    this.expr(from)
    code.get(parameter)
    code.i32(step)
    code.op("i32.mul")
    code.op("i32.add")
  }

  private limitAt(stmt: Stmt & { kind: "for" }, parameter: number): () => void {
    const local = this.code.local("i32")
    this.turn(stmt, parameter)
    this.code.set(local)
    return () => this.code.get(local)
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
