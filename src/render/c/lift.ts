import type { ArithmeticOp, BufferParam, Expr, Kernel, Stmt, Variable } from "../../kernel/index.ts"
import { loopTurns } from "../../kernel/index.ts"

/** Numbers that a kernel reads from memory: the last two of its buffers, in this order, where there are any. */
export interface Sizes {
  readonly integers: readonly number[]
  readonly floats: readonly number[]
}

/**
 * What serves as well where it is compiled already: texts that share out less, or more, than they would by themselves.
 * These are the factors of the work at which they begin to.
 */
export const NEARBY: readonly number[] = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 2, 4]

/** A kernel that reads its sizes from memory, and those sizes: one text then serves batches of all sizes. */
export interface Lifted extends Sizes {
  readonly kernel: Kernel
}

/** Numbers below this stay in the text, for each role: short loops, vectors and register tiles are written out. */
const LEAST = { bound: 9, whole: 9, limit: 9, stride: 33, offset: 512 }
/** Elements of working memory that stay as they are, and those that all others have at least. */
const SMALL_SCRATCH = 256
const SCRATCH = 2 ** 16

/**
 * Takes out of a kernel what changes with a size and costs nothing to look up: bounds of loops, limits, distances in
 * memory, and the divisors of means. Equal numbers in one use become one. Divisors of indices stay, since a division by
 * a number that the compiler knows is a multiplication.
 */
export function liftSizes(kernel: Kernel): Lifted {
  return new Lifting(kernel).run()
}

/** Working memory in sizes of which there are few, since it stands in the text how much a thread needs for its own. */
function roomy(buffer: BufferParam): BufferParam {
  if (buffer.access !== "scratch" || buffer.length <= SMALL_SCRATCH) return buffer
  return { ...buffer, length: Math.max(SCRATCH, 2 ** Math.ceil(Math.log2(buffer.length))) }
}

type Role = keyof typeof LEAST

class Lifting {
  private readonly kernel: Kernel
  private readonly lets: Stmt[] = []
  private readonly known = new Map<string, Variable>()
  private readonly integers: number[] = []
  private readonly floats: number[] = []
  private nextId: number
  private readonly integerBuffer: number

  constructor(kernel: Kernel) {
    this.kernel = kernel
    this.integerBuffer = kernel.buffers.length
    this.nextId = 1 + highestId(kernel.body)
  }

  run(): Lifted {
    const { kernel, integers, floats } = this
    const body = this.block(kernel.body)
    const buffers = kernel.buffers.map(roomy)
    if (integers.length > 0 || floats.length > 0) {
      buffers.push({ type: "i32", length: integers.length, access: "read" })
      buffers.push({ type: "f64", length: floats.length, access: "read" })
    }
    return { kernel: { ...kernel, buffers, body: [...this.lets, ...body] }, integers, floats }
  }

  private lifted(use: string, e: Expr & { kind: "constant" }): Expr {
    const key = `${use}:${e.type}${e.lanes}:${e.value}`
    let variable = this.known.get(key)
    if (variable === undefined) {
      variable = { id: this.nextId++, type: e.type, lanes: e.lanes }
      this.known.set(key, variable)
      this.lets.push({ kind: "let", variable, value: this.read(e) })
    }
    return { kind: "variable", type: e.type, lanes: e.lanes, variable }
  }

  private read({ type, lanes, value }: Expr & { kind: "constant" }): Expr {
    const whole = type === "i32"
    const numbers = whole ? this.integers : this.floats
    const index: Expr = { kind: "constant", type: "i32", lanes: 1, value: numbers.push(value) - 1 }
    const stored = whole ? "i32" : "f64"
    const buffer = whole ? this.integerBuffer : this.integerBuffer + 1
    const load: Expr = { kind: "load", type: stored, lanes: 1, buffer, index }
    const scalar: Expr = type === stored ? load : { kind: "convert", type, lanes: 1, a: load }
    return lanes === 1 ? scalar : { kind: "splat", type, lanes, a: scalar }
  }

  /** An operand in a role: a number that is large enough becomes a variable. */
  private operand(e: Expr, role: Role = "offset", least = LEAST[role], use: string = role): Expr {
    if (e.kind !== "constant") return this.expr(e)
    if (e.type === "i32") return e.value >= least ? this.lifted(use, e) : e
    return isMeanFactor(e) ? this.lifted(use, e) : e
  }

  private operands<E extends Expr & { a: Expr; b: Expr }>(e: E, op: string, role?: Role): E {
    const [a, b] = [e.a, e.b].map((side, i) => this.operand(side, role, role && LEAST[role], `${op}${i}`))
    return { ...e, a: a!, b: b! }
  }

  private block(body: readonly Stmt[]): Stmt[] {
    return body.map((stmt) => this.statement(stmt))
  }

  private statement(stmt: Stmt): Stmt {
    switch (stmt.kind) {
      case "let":
      case "assign":
        return { ...stmt, value: this.operand(stmt.value) }
      case "store":
        return {
          ...stmt,
          index: this.operand(stmt.index),
          value: this.operand(stmt.value),
        }
      case "for": {
        // A loop around others is not written out, however short it is.
        const least = stmt.body.some(({ kind }) => kind === "for") ? 2 : LEAST.bound
        // Where vectors end, and where the elements do, are two numbers even when they are equal.
        const from = this.operand(stmt.from, "whole")
        const to = this.operand(stmt.to, stmt.step > 1 ? "whole" : "bound", least)
        return { ...stmt, from, to, turns: loopTurns(stmt), body: this.block(stmt.body) }
      }
      case "while":
        return { ...stmt, condition: this.expr(stmt.condition), body: this.block(stmt.body) }
      case "if": {
        const condition = this.expr(stmt.condition)
        return { ...stmt, condition, then: this.block(stmt.then), else: this.block(stmt.else) }
      }
    }
  }

  private expr(e: Expr): Expr {
    switch (e.kind) {
      case "constant":
      case "variable":
        return e
      case "load":
        return { ...e, index: this.operand(e.index) }
      case "binary": {
        if (e.type === "i32" && (e.op === "div" || e.op === "rem")) return { ...e, a: this.expr(e.a) }
        const role = roles[e.op]
        // Masks and random bits are numbers of their own kind.
        if (e.type === "i32" && role === undefined) return { ...e, a: this.expr(e.a), b: this.expr(e.b) }
        return this.operands(e, e.op, role)
      }
      case "compare":
        return this.operands(e, e.op, "limit")
      case "select":
        return {
          ...e,
          condition: this.expr(e.condition),
          a: this.operand(e.a),
          b: this.operand(e.b),
        }
      case "multiplyAdd":
        return {
          ...e,
          a: this.operand(e.a),
          b: this.operand(e.b),
          c: this.operand(e.c),
        }
      case "assemble":
        return { ...e, values: e.values.map((value) => this.operand(value)) }
      case "unary":
      case "convert":
      case "splat":
      case "extract":
        return { ...e, a: this.operand(e.a) }
    }
  }
}

/** What a number is for in an operation on indices. */
const roles: Partial<Record<ArithmeticOp, Role>> = {
  add: "offset",
  sub: "limit",
  mul: "stride",
  min: "limit",
  max: "limit",
}

/** Whether a float may be what a mean multiplies or divides by: 1/n, 2/n or n. */
function isMeanFactor({ type, value }: Expr & { kind: "constant" }): boolean {
  if (type !== "f32" && type !== "f64") return false
  const size = Math.abs(value)
  const whole = (x: number): boolean =>
    x >= LEAST.limit && x <= 2 ** 31 && Math.abs(x - Math.round(x)) <= 1e-6 * x
  return whole(size) || whole(1 / size) || whole(2 / size)
}

function highestId(body: readonly Stmt[]): number {
  let highest = -1
  for (const stmt of body) {
    if (stmt.kind === "let" || stmt.kind === "for") highest = Math.max(highest, stmt.variable.id)
    if (stmt.kind === "for" || stmt.kind === "while") highest = Math.max(highest, highestId(stmt.body))
    else if (stmt.kind === "if") highest = Math.max(highest, highestId(stmt.then), highestId(stmt.else))
  }
  return highest
}
