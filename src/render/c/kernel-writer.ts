import { internalError } from "../../base/index.ts"
import type {
  ArithmeticOp,
  BufferParam,
  CompareOp,
  Expr,
  Kernel,
  Scalar,
  Stmt,
  Variable,
} from "../../kernel/index.ts"
import { scalarBytes } from "../../kernel/index.ts"
import type { Helpers } from "./helpers.ts"
import { assigned, loopsOf, worthSharing } from "./parallel.ts"
import { cType, number } from "./text.ts"

const COMPARISONS: Readonly<Record<CompareOp, string>> = {
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
}

const OPERATORS: Partial<Record<ArithmeticOp, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  and: "&",
  or: "|",
  xor: "^",
}

const isFloat = (type: Scalar): boolean => type === "f32" || type === "f64"

function pointer({ type, access }: BufferParam, i: number): string {
  const element = cType(type, 1)
  return `${access === "read" ? "const " : ""}${element}* restrict b${i} = (${element}*)p[${i}];`
}

/** Writes one kernel as a C function of the addresses of its buffers. */
export class KernelWriter {
  private readonly kernel: Kernel
  private readonly helpers: Helpers
  private readonly variables = new Map<string, string>()
  private readonly lines: string[] = []
  private inParallel = false

  constructor(kernel: Kernel, helpers: Helpers) {
    this.kernel = kernel
    this.helpers = helpers
  }

  /** A function `name(char* const* p, i32 threads)`, with the kernel's body or one that does the same. */
  run(name: string, body?: readonly string[]): string {
    if (body === undefined) this.body(this.kernel.body, "  ")
    else this.lines.push(...body.map((line) => `  ${line}`))
    const buffers = this.kernel.buffers.map((buffer, i) => `  ${pointer(buffer, i)}`)
    const declarations = [...this.variables].map(([variable, type]) => `  ${type} ${variable};`)
    return [
      `static void ${name}(char* const* p, i32 threads) {`,
      ...buffers,
      ...declarations,
      ...this.lines,
      "}",
    ].join("\n")
  }

  // Statements -------------------------------------------------------------------------------------------------------

  private variable({ id, type, lanes }: Variable): string {
    const name = `v${id}`
    if (!this.variables.has(name)) this.variables.set(name, this.helpers.type(type, lanes))
    return name
  }

  private body(body: readonly Stmt[], indent: string): void {
    for (const stmt of body) this.statement(stmt, indent)
  }

  private block(head: string, body: readonly Stmt[], indent: string): void {
    this.lines.push(`${indent}${head} {`)
    this.body(body, `${indent}  `)
    this.lines.push(`${indent}}`)
  }

  private statement(stmt: Stmt, indent: string): void {
    switch (stmt.kind) {
      case "let":
      case "assign":
        this.lines.push(`${indent}${this.variable(stmt.variable)} = ${this.expr(stmt.value)};`)
        break
      case "store":
        this.lines.push(`${indent}${this.store(stmt)};`)
        break
      case "for": {
        const variable = this.variable(stmt.variable)
        let end = this.expr(stmt.to)
        if (stmt.to.kind !== "constant") {
          const name = `e${stmt.variable.id}`
          this.variables.set(name, "i32")
          this.lines.push(`${indent}${name} = ${end};`)
          end = name
        }
        const head = `${variable} = ${this.expr(stmt.from)}; ${variable} < ${end}; ${variable} += ${stmt.step}`
        if (!this.inParallel && worthSharing(stmt)) this.shared(stmt, `for (${head})`, indent)
        else this.block(`for (${head})`, stmt.body, indent)
        break
      }
      case "while":
        this.block(`while (${this.expr(stmt.condition)})`, stmt.body, indent)
        break
      case "if":
        this.block(`if (${this.expr(stmt.condition)})`, stmt.then, indent)
        if (stmt.else.length > 0) this.block("else", stmt.else, indent)
    }
  }

  /** A loop whose turns the threads share out among them, by fixed boundaries. */
  private shared({ body, variable, parallel }: Stmt & { kind: "for" }, head: string, indent: string): void {
    const start = this.lines.length
    const inner = `${indent}  `
    this.inParallel = true
    this.block(head, body, inner)
    this.inParallel = false
    const own = [...assigned(body, new Set([variable]))].map((v) => this.variable(v))
    for (const stmt of loopsOf(body)) if (stmt.to.kind !== "constant") own.push(`e${stmt.variable.id}`)
    let ownBytes = 0
    const memory = this.kernel.buffers.map((buffer, i) => {
      if (!parallel!.scratch.includes(i)) return pointer(buffer, i)
      const element = cType(buffer.type, 1)
      const place = ownBytes
      ownBytes += Math.ceil((buffer.length * scalarBytes(buffer.type)) / 64) * 64
      return `${element}* restrict b${i} = (${element}*)(own + ${place});`
    })
    this.helpers.reserveOwn(ownBytes)
    const region = [
      `${indent}#pragma omp parallel num_threads(threads) private(${own.join(", ")})`,
      `${indent}{`,
      // Said again, since a compiler forgets in here that the buffers are apart.
      ...memory.map((line) => inner + line),
      `${inner}#pragma omp for schedule(static)`,
    ]
    this.lines.splice(start, 0, ...region)
    this.lines.push(`${indent}}`)
  }

  private store({ buffer, index, value }: Stmt & { kind: "store" }): string {
    const { type, lanes } = value
    const text = this.expr(value)
    if (lanes === 1) return `b${buffer}[${this.expr(index)}] = ${text}`
    // A true lane is all ones; in memory it is 1.
    const stored = type === "bool" ? `-${text}` : text
    return `*(${this.helpers.type(type, lanes)}u*)(b${buffer} + ${this.expr(index)}) = ${stored}`
  }

  // Expressions ------------------------------------------------------------------------------------------------------

  /** The text of an expression, in parentheses where it is not one term. */
  private expr(e: Expr): string {
    const { helpers } = this
    switch (e.kind) {
      case "constant":
        if (e.lanes === 1) return number(e.type, e.value)
        return `${helpers.splat(e.type, e.lanes)}(${number(e.type, e.type === "bool" ? -e.value : e.value)})`
      case "variable":
        return this.variable(e.variable)
      case "load":
        return this.load(e)
      case "unary":
        return this.unary(e)
      case "binary":
        return this.binary(e)
      case "compare":
        return this.compare(e)
      case "select": {
        const [condition, a, b] = [e.condition, e.a, e.b].map((part) => this.expr(part))
        if (e.lanes === 1) return `(${condition} ? ${a} : ${b})`
        return `${helpers.select(e.type, e.lanes)}(${condition}, ${a}, ${b})`
      }
      case "convert":
        return this.convert(e)
      case "splat":
        return e.lanes === 1 ? this.expr(e.a) : `${helpers.splat(e.type, e.lanes)}(${this.laneValue(e.a)})`
      case "assemble": {
        const values = e.values.map((value) => this.laneValue(value)).join(", ")
        return `(${helpers.type(e.type, e.lanes)}){ ${values} }`
      }
      case "extract": {
        const { a, lane } = e
        if (a.lanes === 1) return this.expr(a)
        const text = `${helpers.lane(a.type, a.lanes)}(${this.expr(a)}, ${lane})`
        return a.type === "bool" ? `(${text} & 1)` : text
      }
      case "multiplyAdd": {
        const operands = [e.a, e.b, e.c].map((part) => this.expr(part)).join(", ")
        return `${helpers.multiplyAdd(e.type, e.lanes)}(${operands})`
      }
    }
  }

  /** A scalar as it stands in a lane: a true bool is all ones there. */
  private laneValue(e: Expr): string {
    return e.type === "bool" ? `-${this.expr(e)}` : this.expr(e)
  }

  private load({ buffer, index, type, lanes }: Expr & { kind: "load" }): string {
    if (lanes === 1) return `b${buffer}[${this.expr(index)}]`
    const text = `*(const ${this.helpers.type(type, lanes)}u*)(b${buffer} + ${this.expr(index)})`
    const value = `(${cType(type, lanes)})(${text})`
    return type === "bool" ? `(${value} != 0)` : value
  }

  private unary({ op, a, type, lanes }: Expr & { kind: "unary" }): string {
    const x = this.expr(a)
    if (op === "neg") return `(-${x})`
    if (op === "not") return type === "bool" && lanes === 1 ? `(!${x})` : `(~${x})`
    if (type === "i32") return `${this.helpers.integerUnary(op, lanes)}(${x})`
    if (!isFloat(type)) throw internalError(`there is no ${op} of ${type}`, "C renderer")
    return `${this.helpers.unary(op, type, lanes)}(${x})`
  }

  private binary({ op, a, b, type, lanes }: Expr & { kind: "binary" }): string {
    const [x, y] = [this.expr(a), this.expr(b)]
    const operator = OPERATORS[op]
    if (operator !== undefined && !(op === "div" && !isFloat(type))) return `(${x} ${operator} ${y})`
    if (isFloat(type)) {
      return this.bounded(op, a, b) ?? `${this.helpers.floatBinary(op, type, lanes)}(${x}, ${y})`
    }
    const constant = b.kind === "constant" ? b.value : 0
    if ((op === "div" || op === "rem") && lanes === 1 && constant !== 0 && constant !== -1) {
      return `(${x} ${op === "div" ? "/" : "%"} ${y})`
    }
    return `${this.helpers.integerBinary(op, lanes)}(${x}, ${y})`
  }

  /**
   * min and max with a constant need not look for NaN and −0 on both sides: the value stands unless it lies beyond the
   * bound, so that NaN passes. Where both are zero the bound comes out, which must be the right one of the two.
   */
  private bounded(op: ArithmeticOp, a: Expr, b: Expr): string | undefined {
    if (op !== "min" && op !== "max") return undefined
    const [value, bound] = b.kind === "constant" ? [a, b] : [b, a]
    if (bound.kind !== "constant" || Number.isNaN(bound.value) || value.kind === "constant") return undefined
    if (bound.value === 0 && Object.is(bound.value, -0) !== (op === "min")) return undefined
    const { type, lanes } = value
    const held = this.held(value)
    const limit = this.expr(bound)
    const beyond = `${held} ${op === "min" ? ">=" : "<="} ${limit}`
    if (lanes === 1) return `(${beyond} ? ${limit} : ${held})`
    return `${this.helpers.select(type, lanes)}(${this.helpers.mask(beyond, type, lanes)}, ${limit}, ${held})`
  }

  /** An expression that may be written twice. */
  private held(e: Expr): string {
    const text = this.expr(e)
    return e.kind === "variable" ? text : `(${text})`
  }

  private compare({ op, a, b, lanes }: Expr & { kind: "compare" }): string {
    const [x, y] = [this.expr(a), this.expr(b)]
    const comparison = `${x} ${COMPARISONS[op]} ${y}`
    if (lanes === 1) return `(${comparison})`
    // A true lane is −1: the order of truth values is that of the numbers turned round.
    if (a.type === "bool") return `(${y} ${COMPARISONS[op]} ${x})`
    return this.helpers.mask(comparison, a.type, lanes)
  }

  private convert({ type, a, lanes }: Expr & { kind: "convert" }): string {
    const x = this.expr(a)
    if (type === a.type) return x
    const target = this.helpers.type(type, lanes)
    if (lanes === 1) {
      if (type === "bool") return `(${x} != 0)`
      if (type === "i32" && isFloat(a.type)) return `${this.helpers.truncate(a.type, 1)}(${x})`
      return `((${target})${x})`
    }
    if (type === "bool") return this.helpers.mask(`${x} != 0`, a.type, lanes)
    if (type === "i32" && isFloat(a.type)) return `${this.helpers.truncate(a.type, lanes)}(${x})`
    const number = a.type === "bool" ? `(-${x})` : x
    return type === "i32" ? number : `__builtin_convertvector(${number}, ${target})`
  }
}
