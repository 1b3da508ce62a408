import { internalError } from "../base/index.ts"
import type { ArithmeticOp, Expr, Kernel, Lanes, Scalar, Stmt, UnaryOp, Variable } from "./ir.ts"
import { printExpr, printHead, printType } from "./print.ts"

const INTEGER_UNARY: readonly UnaryOp[] = ["neg", "abs", "sign", "not", "clz"]
const FLOAT_BINARY: readonly ArithmeticOp[] = [
  "add",
  "sub",
  "mul",
  "div",
  "rem",
  "min",
  "max",
  "pow",
  "atan2",
  "hypot",
]
const INTEGER_BINARY: readonly ArithmeticOp[] = [
  "add",
  "sub",
  "mul",
  "div",
  "rem",
  "min",
  "max",
  "and",
  "or",
  "xor",
  "shl",
  "shr",
  "mulhu",
]
const BOOL_BINARY: readonly ArithmeticOp[] = ["and", "or", "xor"]

function unaryAllowed(op: UnaryOp, type: Scalar): boolean {
  if (type === "i32") return INTEGER_UNARY.includes(op)
  return type === "bool" ? op === "not" : op !== "not" && op !== "clz"
}

function binaryAllowed(op: ArithmeticOp, type: Scalar): boolean {
  const allowed = type === "i32" ? INTEGER_BINARY : type === "bool" ? BOOL_BINARY : FLOAT_BINARY
  return allowed.includes(op)
}

/** Widths that fill a register; a bool takes the width of what was compared. */
function lanesAllowed(type: Scalar, lanes: Lanes): boolean {
  if (lanes === 2) return type === "bool" || type === "f64"
  return lanes === 1 || lanes === 4 || lanes === 8 || (lanes === 16 && type !== "f64")
}

function representable(type: Scalar, value: number): boolean {
  if (type === "i32") return Object.is(value, value | 0)
  if (type === "bool") return value === 0 || value === 1
  return type === "f64" || Object.is(Math.fround(value), value)
}

/**
 * Verifies a kernel: types and lanes of every node, variables declared once and assigned before they are used,
 * buffers and constant indices in range, stores only where the buffer may be written.
 *
 * @param pass what made the kernel; named by the error
 * @throws NABLA_INTERNAL that names the pass, the kernel and the node
 */
export function checkKernel(kernel: Kernel, pass: string): void {
  new Checker(kernel, pass).run()
}

class Checker {
  private readonly kernel: Kernel
  private readonly pass: string
  private readonly declared = new Map<number, Variable>()
  private readonly loopVariables = new Set<Variable>()
  private assigned = new Set<Variable>()
  /** Statements around the node that is looked at, outermost first. */
  private readonly path: Stmt[] = []

  constructor(kernel: Kernel, pass: string) {
    this.kernel = kernel
    this.pass = pass
  }

  run(): void {
    for (const [i, { length }] of this.kernel.buffers.entries()) {
      this.require(Number.isInteger(length) && length >= 0, `buffer ${i} has length ${length}`)
    }
    this.body(this.kernel.body)
  }

  private require(condition: boolean, message: string, node?: Expr): asserts condition {
    if (condition) return
    const places = this.path.map(printHead)
    if (node !== undefined) places.push(printExpr(node))
    const where = places.length === 0 ? "" : `\n    in ${places.join("\n    in ")}`
    throw internalError(`${message}${where}`, `${this.pass}: kernel ${this.kernel.name}`)
  }

  private body(body: readonly Stmt[]): void {
    for (const stmt of body) {
      this.path.push(stmt)
      this.statement(stmt)
      this.path.pop()
    }
  }

  private statement(stmt: Stmt): void {
    switch (stmt.kind) {
      case "let":
        this.declare(stmt.variable)
        this.value(stmt.variable, stmt.value)
        break
      case "assign":
        this.require(this.declared.get(stmt.variable.id) === stmt.variable, "the variable was not declared")
        this.require(!this.loopVariables.has(stmt.variable), "a loop variable is assigned")
        this.value(stmt.variable, stmt.value)
        break
      case "store":
        this.store(stmt.buffer, stmt.index, stmt.value)
        break
      case "for":
        this.scalarIndex(stmt.from)
        this.scalarIndex(stmt.to)
        this.require(Number.isInteger(stmt.step) && stmt.step > 0, `the step is ${stmt.step}`)
        this.require(
          stmt.variable.type === "i32" && stmt.variable.lanes === 1,
          "the loop variable is no scalar i32",
        )
        this.declare(stmt.variable)
        this.loopVariables.add(stmt.variable)
        this.branch(stmt.body, stmt.variable)
        break
      case "while":
        this.condition(stmt.condition)
        this.branch(stmt.body)
        break
      case "if": {
        this.condition(stmt.condition)
        const then = this.branch(stmt.then)
        const otherwise = this.branch(stmt.else)
        for (const variable of then) if (otherwise.has(variable)) this.assigned.add(variable)
      }
    }
  }

  /** Checks statements that may not run, and gives the variables that are assigned when they did. */
  private branch(body: readonly Stmt[], loopVariable?: Variable): Set<Variable> {
    const before = this.assigned
    this.assigned = new Set(before)
    if (loopVariable !== undefined) this.assigned.add(loopVariable)
    this.body(body)
    const after = this.assigned
    this.assigned = before
    return after
  }

  private declare(variable: Variable): void {
    const known = this.declared.get(variable.id)
    this.require(known !== variable, "the variable is declared twice")
    this.require(known === undefined, `two variables share the id ${variable.id}`)
    this.declared.set(variable.id, variable)
  }

  private value(variable: Variable, value: Expr): void {
    this.expr(value)
    this.sameType(value, variable, "the value", value)
    this.assigned.add(variable)
  }

  private store(buffer: number, index: Expr, value: Expr): void {
    this.expr(value)
    const param = this.access(buffer, index, value)
    this.require(param.access !== "read", `buffer ${buffer} may only be read`)
  }

  private condition(condition: Expr): void {
    this.expr(condition)
    this.require(
      condition.type === "bool" && condition.lanes === 1,
      "the condition is no scalar bool",
      condition,
    )
  }

  private scalarIndex(index: Expr): void {
    this.expr(index)
    this.require(index.type === "i32" && index.lanes === 1, "the index is no scalar i32", index)
  }

  /** Checks the place of a load or store of `node`'s type and lanes. */
  private access(buffer: number, index: Expr, node: Expr): Kernel["buffers"][number] {
    const param = this.kernel.buffers[buffer]
    this.require(param !== undefined, `there is no buffer ${buffer}`, node)
    this.require(param.type === node.type, `buffer ${buffer} holds ${param.type}, not ${node.type}`, node)
    this.scalarIndex(index)
    if (index.kind === "constant") {
      const inside = index.value >= 0 && index.value + node.lanes <= param.length
      this.require(
        inside,
        `index ${index.value} lies outside buffer ${buffer} of ${param.length} elements`,
        node,
      )
    }
    return param
  }

  private sameType(
    a: { type: Scalar; lanes: Lanes },
    b: { type: Scalar; lanes: Lanes },
    what: string,
    node: Expr,
  ): void {
    const got = printType(a.type, a.lanes)
    const wanted = printType(b.type, b.lanes)
    this.require(got === wanted, `${what} is ${got} where ${wanted} is needed`, node)
  }

  private expr(node: Expr): void {
    const name = printType(node.type, node.lanes)
    this.require(lanesAllowed(node.type, node.lanes), `there is no type ${name}`, node)
    switch (node.kind) {
      case "constant":
        this.require(representable(node.type, node.value), `${node.value} is no ${node.type}`, node)
        break
      case "variable":
        this.sameType(node, node.variable, "the use", node)
        this.require(this.assigned.has(node.variable), "the variable is used before it has a value", node)
        break
      case "load":
        this.access(node.buffer, node.index, node)
        return
      case "unary":
        this.operand(node.a, node)
        this.require(unaryAllowed(node.op, node.type), `there is no ${node.op} of ${name}`, node)
        break
      case "binary":
        this.operand(node.a, node)
        this.operand(node.b, node)
        this.require(binaryAllowed(node.op, node.type), `there is no ${node.op} of ${name}`, node)
        break
      case "multiplyAdd":
        for (const operand of [node.a, node.b, node.c]) this.operand(operand, node)
        this.require(node.type === "f32" || node.type === "f64", `there is no multiplyAdd of ${name}`, node)
        break
      default:
        this.shaped(node, name)
    }
  }

  /** Nodes whose operands have other types or lanes than the result. */
  private shaped(node: Expr, name: string): void {
    switch (node.kind) {
      case "compare":
        this.require(node.type === "bool", `a comparison gives bool, not ${name}`, node)
        this.expr(node.a)
        this.expr(node.b)
        this.sameType(node.b, node.a, "the second operand", node)
        this.require(node.a.lanes === node.lanes, "the lanes of operands and result differ", node)
        break
      case "select":
        this.expr(node.condition)
        this.sameType(node.condition, { type: "bool", lanes: node.lanes }, "the condition", node)
        this.operand(node.a, node)
        this.operand(node.b, node)
        break
      case "convert":
        this.expr(node.a)
        this.require(node.a.lanes === node.lanes, "the lanes of operand and result differ", node)
        break
      case "splat":
        this.operand(node.a, node, { type: node.type, lanes: 1 })
        break
      case "assemble":
        this.require(node.values.length === node.lanes, `${node.values.length} values for ${name}`, node)
        for (const value of node.values) this.operand(value, node, { type: node.type, lanes: 1 })
        return
      case "extract": {
        this.expr(node.a)
        const inside = Number.isInteger(node.lane) && node.lane >= 0 && node.lane < node.a.lanes
        this.require(inside, `there is no lane ${node.lane} of ${node.a.lanes}`, node)
        this.require(node.lanes === 1 && node.type === node.a.type, `a lane has no type ${name}`, node)
      }
    }
  }

  private operand(operand: Expr, node: Expr, wanted: { type: Scalar; lanes: Lanes } = node): void {
    this.expr(operand)
    this.sameType(operand, wanted, "the operand", node)
  }
}
