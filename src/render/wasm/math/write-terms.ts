import type { Term, TermOp } from "../../../kernel/index.ts"
import { argument, HALF_PI_HIGH, HALF_PI_LOW, integerTerms } from "../../../kernel/index.ts"
import type { FunctionBody, FunctionHandle } from "../assembler.ts"
import type { Bytes } from "../bytes.ts"
import type { Opcode } from "../opcodes.ts"

/** The instruction of an operation for one lane and for four. */
const INSTRUCTIONS: Partial<Record<TermOp, readonly [scalar: Opcode, vector: Opcode]>> = {
  add: ["f32.add", "f32x4.add"],
  sub: ["f32.sub", "f32x4.sub"],
  mul: ["f32.mul", "f32x4.mul"],
  div: ["f32.div", "f32x4.div"],
  abs: ["f32.abs", "f32x4.abs"],
  neg: ["f32.neg", "f32x4.neg"],
  lessThan: ["f32.lt", "f32x4.lt"],
  equal: ["f32.eq", "f32x4.eq"],
  select: ["select", "v128.bitselect"],
  toFloat: ["f32.convert_i32_s", "f32x4.convert_i32x4_s"],
  integerAdd: ["i32.add", "i32x4.add"],
  integerSub: ["i32.sub", "i32x4.sub"],
  and: ["i32.and", "v128.and"],
  or: ["i32.or", "v128.or"],
  xor: ["i32.xor", "v128.xor"],
  integerEqual: ["i32.eq", "i32x4.eq"],
}

export interface TermTarget {
  readonly code: FunctionBody
  readonly lanes: 1 | 4
  /** The local that holds the argument. */
  readonly argument: number
  /** Whether a select may take the relaxed instruction; masks here are all ones or all zeros, so that it is exact. */
  readonly relaxedSelect: boolean
  /** A double-precision function of the host. */
  host(name: string): FunctionHandle
  /** A vector constant of the module. */
  constant(write: (bytes: Bytes) => void): number
}

/** Writes the instructions of a formula; its value is left on the stack. */
export function writeFormula(target: TermTarget, formula: (x: Term) => Term): void {
  new TermWriter(target, formula(argument())).run()
}

class TermWriter {
  private readonly target: TermTarget
  private readonly code: FunctionBody
  private readonly root: Term
  private readonly uses = new Map<Term, number>()
  private readonly locals = new Map<Term, number>()

  constructor(target: TermTarget, root: Term) {
    this.target = target
    this.code = target.code
    this.root = root
    this.count(root)
  }

  run(): void {
    this.write(this.root)
  }

  private get wide(): boolean {
    return this.target.lanes === 4
  }

  private count(term: Term): void {
    const uses = this.uses.get(term) ?? 0
    this.uses.set(term, uses + 1)
    if (uses === 0) for (const arg of term.args) this.count(arg)
  }

  private newLocal(term: Term): number {
    return this.code.local(this.wide ? "v128" : integerTerms.includes(term.op) ? "i32" : "f32")
  }

  /** The local that holds a term, which is computed now if it was not before. */
  private held(term: Term): number {
    if (term.op === "argument") return this.target.argument
    let local = this.locals.get(term)
    if (local === undefined) {
      this.compute(term)
      local = this.newLocal(term)
      this.locals.set(term, local)
      this.code.set(local)
    }
    return local
  }

  private write(term: Term): void {
    const local = term.op === "argument" ? this.target.argument : this.locals.get(term)
    if (local !== undefined) {
      this.code.get(local)
      return
    }
    this.compute(term)
    const constant = term.op === "float" || term.op === "integer"
    if (constant || this.uses.get(term)! < 2) return
    const kept = this.newLocal(term)
    this.locals.set(term, kept)
    this.code.tee(kept)
  }

  private compute(term: Term): void {
    const { code, wide } = this
    switch (term.op) {
      case "float":
        this.float(term.value)
        break
      case "integer":
        if (wide) this.constant((bytes) => repeat(() => bytes.int32(term.value)))
        else code.i32(term.value)
        break
      case "bits":
      case "fromBits":
        this.write(term.args[0]!)
        if (!wide) code.op(term.op === "bits" ? "i32.reinterpret_f32" : "f32.reinterpret_i32")
        return
      case "shiftLeft":
      case "shiftRight":
        this.shift(term)
        break
      case "atMost":
      case "atLeast":
        this.bound(term)
        break
      case "reduceQuarterTurns":
        if (wide) this.reduceWide(term)
        else this.reduceOne(term)
        break
      case "orElse":
        if (wide) this.orElseWide(term)
        else this.orElseOne(term)
        break
      default:
        for (const arg of term.args) this.write(arg)
        this.operation(term.op)
    }
  }

  private constant(write: (bytes: Bytes) => void): void {
    this.code.global(this.target.constant(write))
  }

  private float(value: number): void {
    if (this.wide) this.constant((bytes) => repeat(() => bytes.float32(value)))
    else this.code.f32(value)
  }

  private operation(op: TermOp): void {
    const relaxed = op === "select" && this.wide && this.target.relaxedSelect
    this.code.op(relaxed ? "i32x4.relaxed_laneselect" : INSTRUCTIONS[op]![this.wide ? 1 : 0])
  }

  private shift(term: Term): void {
    this.write(term.args[0]!)
    this.code.i32(term.value)
    if (term.op === "shiftLeft") this.code.op(this.wide ? "i32x4.shl" : "i32.shl")
    else this.code.op(this.wide ? "i32x4.shr_s" : "i32.shr_s")
  }

  /** The bound where it is smaller (greater) than the term, otherwise the term: so NaN passes. */
  private bound(term: Term): void {
    const { code } = this
    const most = term.op === "atMost"
    if (this.wide) {
      this.write(term.args[0]!)
      this.float(term.value)
      code.op(most ? "f32x4.pmin" : "f32x4.pmax")
      return
    }
    const x = this.held(term.args[0]!)
    code.f32(term.value)
    code.get(x)
    code.f32(term.value)
    code.get(x)
    code.op(most ? "f32.lt" : "f32.gt")
    code.op("select")
  }

  private reduceOne(term: Term): void {
    const { code } = this
    const [x, n] = term.args.map((arg) => this.held(arg))
    code.get(x!)
    code.op("f64.promote_f32")
    for (const part of [HALF_PI_HIGH, HALF_PI_LOW]) {
      code.get(n!)
      code.op("f64.promote_f32")
      code.f64(part)
      code.op("f64.mul")
      code.op("f64.sub")
    }
    code.op("f32.demote_f64")
  }

  private reduceWide(term: Term): void {
    const { code } = this
    const [x, n] = term.args.map((arg) => this.held(arg))
    for (const words of [null, [2, 3, 2, 3] as const]) {
      const pair = (local: number): void => {
        code.get(local)
        if (words !== null) {
          code.get(local)
          code.shuffleWords(words)
        }
        code.op("f64x2.promote_low_f32x4")
      }
      pair(x!)
      for (const part of [HALF_PI_HIGH, HALF_PI_LOW]) {
        pair(n!)
        this.constant((bytes) => {
          bytes.float64(part)
          bytes.float64(part)
        })
        code.op("f64x2.mul")
        code.op("f64x2.sub")
      }
      code.op("f32x4.demote_f64x2_zero")
    }
    code.shuffleWords([0, 1, 4, 5])
  }

  private orElseOne(term: Term): void {
    const { code } = this
    const [x, value] = term.args.map((arg) => this.held(arg))
    code.get(x!)
    code.op("f32.abs")
    code.f32(term.value)
    code.op("f32.lt")
    code.op("i32.eqz")
    code.nest("if", () => {
      code.get(x!)
      this.callHost(term.host)
      code.set(value!)
    })
    code.get(value!)
  }

  private orElseWide(term: Term): void {
    const { code } = this
    const [x, value] = term.args.map((arg) => this.held(arg))
    const outside = code.local("v128")
    code.get(x!)
    code.op("f32x4.abs")
    this.float(term.value)
    code.op("f32x4.lt")
    code.op("v128.not")
    code.tee(outside)
    code.op("v128.any_true")
    code.nest("if", () => {
      for (let lane = 0; lane < 4; lane++) {
        code.get(outside)
        code.lane("i32x4.extract_lane", lane)
        code.nest("if", () => {
          code.get(value!)
          code.get(x!)
          code.lane("f32x4.extract_lane", lane)
          this.callHost(term.host)
          code.lane("f32x4.replace_lane", lane)
          code.set(value!)
        })
      }
    })
    code.get(value!)
  }

  private callHost(name: string): void {
    this.code.op("f64.promote_f32")
    this.code.call(this.target.host(name))
    this.code.op("f32.demote_f64")
  }
}

function repeat(write: () => void): void {
  for (let lane = 0; lane < 4; lane++) write()
}
