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
import { loadStride, scalarBytes, worthSharing } from "../../kernel/index.ts"
import type { Helpers } from "./helpers.ts"
import { assigned, loopsOf } from "./parallel.ts"
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

/** Operations of a loop, vectors counting as one, from which sharing it out gains: some 5 µs. */
export const SHARED_WORK = 25_000

const isFloat = (type: Scalar): boolean => type === "f32" || type === "f64"

function pointer({ type, access }: BufferParam, i: number): string {
  const element = cType(type, 1)
  return `${access === "read" ? "const " : ""}${element}* restrict b${i} = (${element}*)p[${i}];`
}

/** Writes one kernel as a C function of the addresses of its buffers. */
export class KernelWriter {
  private readonly kernel: Kernel
  private readonly helpers: Helpers
  private readonly sharedWork: number
  private variables = new Map<string, string>()
  private lines: string[] = []
  /** Functions of the loops that are shared out. */
  private readonly parts: string[] = []
  private inParallel = false

  /** @param sharedWork operations from which a loop is shared out */
  constructor(kernel: Kernel, helpers: Helpers, sharedWork = SHARED_WORK) {
    this.kernel = kernel
    this.helpers = helpers
    this.sharedWork = sharedWork
  }

  /** A function `KERNEL(char* const* p, const team* team)`, and before it those of the loops that are shared out. */
  run(): string {
    this.body(this.kernel.body, "  ")
    const buffers = this.kernel.buffers.map((buffer, i) => `  ${pointer(buffer, i)}`)
    const declarations = [...this.variables].map(([variable, type]) => `  ${type} ${variable};`)
    return [
      ...this.parts,
      "static void KERNEL(char* const* p, const team* team) {",
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
        if (!this.inParallel && worthSharing(stmt, this.kernel, this.sharedWork))
          this.shared(stmt, end, indent)
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

  /** A loop whose turns the threads share out among them: a function of its own, of what it needs from outside. */
  private shared(stmt: Stmt & { kind: "for" }, end: string, indent: string): void {
    const { body, variable, parallel, from, to, step } = stmt
    const [outerLines, outerVariables] = [this.lines, this.variables]
    const start = this.expr(from)
    const own = new Set([...assigned(body, new Set([variable]))].map((v) => `v${v.id}`))
    for (const loop of loopsOf(body)) own.add(`e${loop.variable.id}`)
    const name = `KERNEL_part${this.parts.length}`
    this.parts.push("")
    const turn = `v${variable.id}`
    const [first, bound] = [from, to].map((e, i) =>
      e.kind === "constant" ? [start, end][i]! : `f->bound${i}`,
    )
    this.lines = []
    this.variables = new Map([[turn, "i32"]])
    this.inParallel = true
    this.block(
      `for (${turn} = ${first} + (i32)from * ${step}; ${turn} < end; ${turn} += ${step})`,
      body,
      "  ",
    )
    this.inParallel = false
    const [partLines, variables] = [this.lines, [...this.variables]]
    this.lines = outerLines
    this.variables = outerVariables
    const given = variables.filter(([v]) => !own.has(v))
    const { pointers, bytes } = this.partPointers(parallel!.scratch)
    this.parts[this.parts.indexOf("")] = [
      `struct ${name} { char* const* p; i32 bound0, bound1; ${given.map(([v, type]) => `${type} ${v}; `).join("")}};`,
      `static void ${name}(const void* frame, i64 from, i64 to, char* own) {`,
      `  const struct ${name}* f = frame;`,
      "  char* const* p = f->p;",
      ...pointers.map((line) => `  ${line}`),
      ...variables.map(([v, type]) => `  ${type} ${v}${own.has(v) ? "" : ` = f->${v}`};`),
      `  i32 end = ${first} + (i32)to * ${step};`,
      `  if (end > ${bound}) end = ${bound};`,
      ...partLines,
      "}",
    ].join("\n")
    const frame = ["p", start, end, ...given.map(([v]) => v)].join(", ")
    this.lines.push(
      `${indent}{`,
      `${indent}  struct ${name} frame = { ${frame} };`,
      `${indent}  team->share(${name}, &frame, ((i64)frame.bound1 - frame.bound0 + ${step - 1}) / ${step}, ${bytes});`,
      `${indent}}`,
    )
  }

  /** Pointers to a kernel's buffers in a part of it, which has working memory of its own. */
  private partPointers(scratch: readonly number[]): { pointers: string[]; bytes: number } {
    let bytes = 0
    const pointers = this.kernel.buffers.map((buffer, i) => {
      if (!scratch.includes(i)) return pointer(buffer, i)
      const element = cType(buffer.type, 1)
      const place = bytes
      bytes += Math.ceil((buffer.length * scalarBytes(buffer.type)) / 64) * 64
      return `${element}* restrict b${i} = (${element}*)(own + ${place});`
    })
    return { pointers, bytes }
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
        const [first] = e.values
        if (
          first?.kind === "load" &&
          e.type !== "bool" &&
          loadStride(e.values, (part) => this.expr(part)) === 2
        ) {
          return `${helpers.everySecond(e.type, e.lanes)}(b${first.buffer} + ${this.expr(first.index)})`
        }
        const shuffled = this.shuffle(e.values)
        if (shuffled !== null) return shuffled
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

  /** Lanes of one or two vectors in another order, for which compilers find instructions only when told so. */
  private shuffle(values: readonly Expr[]): string | null {
    const sources: Variable[] = []
    const order: number[] = []
    for (const value of values) {
      if (value.kind !== "extract" || value.a.kind !== "variable" || value.type === "bool") return null
      if (value.a.lanes !== values.length) return null
      const { variable } = value.a
      if (!sources.includes(variable)) sources.push(variable)
      order.push(sources.indexOf(variable) * values.length + value.lane)
    }
    if (sources.length > 2) return null
    const [a, b] = [sources[0]!, sources.at(-1)!].map((source) => this.variable(source))
    return `${this.helpers.shuffle(values[0]!.type, order)}(${a}, ${b})`
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
