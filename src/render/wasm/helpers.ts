import { internalError } from "../../base/index.ts"
import type { ArithmeticOp, Lanes, Scalar, Term, UnaryOp } from "../../kernel/index.ts"
import { formulas } from "../../kernel/index.ts"
import type { FunctionHandle, ModuleAssembler } from "./assembler.ts"
import { FunctionBody } from "./assembler.ts"
import type { Bytes } from "./bytes.ts"
import { writeFormula } from "./math/index.ts"
import type { Opcode, ValueType } from "./opcodes.ts"

const LANE_ACCESS: Readonly<Record<string, readonly [extract: Opcode, replace: Opcode]>> = {
  f32: ["f32x4.extract_lane", "f32x4.replace_lane"],
  f64: ["f64x2.extract_lane", "f64x2.replace_lane"],
  i32: ["i32x4.extract_lane", "i32x4.replace_lane"],
}

/** Functions that one kernel gets written out in its own body. */
const MOST_IN_PLACE = 8

interface Helper {
  readonly handle: FunctionHandle
  readonly hosts: ReadonlySet<string>
}

/** Functions of the module that kernels call: written when the first kernel needs them. */
export class Helpers {
  private readonly module: ModuleAssembler
  private readonly relaxed: boolean
  private readonly functions = new Map<string, Helper>()
  /** Functions of the host that were needed, directly or not, since somebody asked. */
  private hosts = new Set<string>()
  /** How many functions were written out in a body. */
  private readonly inPlace = new WeakMap<FunctionBody, number>()

  constructor(module: ModuleAssembler, relaxed: boolean) {
    this.module = module
    this.relaxed = relaxed
  }

  private once(key: string, make: () => FunctionHandle): FunctionHandle {
    let helper = this.functions.get(key)
    if (helper === undefined) {
      const outer = this.hosts
      this.hosts = new Set()
      helper = { handle: make(), hosts: this.hosts }
      this.hosts = outer
      this.functions.set(key, helper)
    }
    for (const name of helper.hosts) this.hosts.add(name)
    return helper.handle
  }

  /** Names of the host's functions that the code written since the last call needs. */
  takeHosts(): string[] {
    const names = [...this.hosts]
    this.hosts.clear()
    return names
  }

  /** `math.<name>` of the host: double precision in and out. */
  host(name: string, arity: number): FunctionHandle {
    const parameters = new Array<ValueType>(arity).fill("f64")
    this.hosts.add(name)
    return this.once(`host ${name}`, () => this.module.importFunction(name, { parameters, results: ["f64"] }))
  }

  /**
   * Applies a function of one float that has no instruction to the value on the stack. Vectors get the formula in place
   * (a call costs a quarter of what it calls), except in kernels that would grow long by it.
   */
  writeUnary(code: FunctionBody, op: UnaryOp, type: Scalar, lanes: Lanes): void {
    const formula = type === "f32" && lanes > 1 ? formulas[op] : undefined
    const written = this.inPlace.get(code) ?? 0
    if (formula === undefined || written >= MOST_IN_PLACE) return code.call(this.unary(op, type, lanes))
    this.inPlace.set(code, written + 1)
    const argument = code.local("v128")
    code.set(argument)
    this.writeFormula(code, formula, lanes, argument)
  }

  private unary(op: UnaryOp, type: Scalar, lanes: Lanes): FunctionHandle {
    const formula = type === "f32" ? formulas[op] : undefined
    if (formula === undefined) return this.hosted(op, type, lanes, 1)
    return this.define(`${op} ${type} ${lanes}`, type, lanes, 1, (code) =>
      this.writeFormula(code, formula, lanes, 0),
    )
  }

  private writeFormula(code: FunctionBody, formula: (x: Term) => Term, lanes: Lanes, argument: number): void {
    const host = (name: string): FunctionHandle => this.host(name, 1)
    const constant = (write: (bytes: Bytes) => void): number => this.module.vectorConstant(write)
    const target = {
      code,
      argument,
      lanes: lanes === 1 ? 1 : 4,
      relaxedSelect: this.relaxed,
      host,
      constant,
    } as const
    writeFormula(target, formula)
  }

  /** A function of two values that has no instruction. */
  binary(op: ArithmeticOp, type: Scalar, lanes: Lanes): FunctionHandle {
    if (type !== "i32") return this.hosted(op, type, lanes, 2)
    if (lanes > 1) return this.lanewise(op, type, lanes, 2, (code) => this.integerOperation(op, code))
    if (op !== "div" && op !== "rem") throw internalError(`no helper for ${op} of ${type}`, "wasm renderer")
    return this.define(`${op} ${type} 1`, type, 1, 2, (code) => writeSafeDivision(op, code))
  }

  /** clz, lane by lane. */
  leadingZeros(): FunctionHandle {
    return this.lanewise("clz", "i32", 4, 1, (code) => code.op("i32.clz"))
  }

  private integerOperation(op: ArithmeticOp, code: FunctionBody): void {
    if (op === "shl") code.op("i32.shl")
    else if (op === "shr") code.op("i32.shr_u")
    else code.call(this.binary(op, "i32", 1))
  }

  /** A double-precision function of the host, for the scalars or the lanes of either float type. */
  private hosted(op: UnaryOp | ArithmeticOp, type: Scalar, lanes: Lanes, arity: 1 | 2): FunctionHandle {
    if (lanes > 1) {
      return this.lanewise(op, type, lanes, arity, (code) => code.call(this.hosted(op, type, 1, arity)))
    }
    if (type === "f64") return this.host(op, arity)
    return this.define(`${op} ${type} 1`, type, 1, arity, (code) => {
      for (let i = 0; i < arity; i++) {
        code.get(i)
        code.op("f64.promote_f32")
      }
      code.call(this.host(op, arity))
      code.op("f32.demote_f64")
    })
  }

  /** Applies a scalar operation, whose operands are on the stack, to each lane. */
  private lanewise(
    op: string,
    type: Scalar,
    lanes: Lanes,
    arity: 1 | 2,
    writeScalar: (code: FunctionBody) => void,
  ): FunctionHandle {
    const [extract, replace] = LANE_ACCESS[type]!
    return this.define(`${op} ${type} ${lanes}`, type, lanes, arity, (code) => {
      code.get(0)
      for (let lane = 0; lane < lanes; lane++) {
        for (let i = 0; i < arity; i++) {
          code.get(i)
          code.lane(extract, lane)
        }
        writeScalar(code)
        code.lane(replace, lane)
      }
    })
  }

  private define(
    name: string,
    type: Scalar,
    lanes: Lanes,
    arity: 1 | 2,
    write: (code: FunctionBody) => void,
  ): FunctionHandle {
    return this.once(name, () => {
      const valueType: ValueType = lanes > 1 ? "v128" : type === "bool" ? "i32" : type
      const body = new FunctionBody(arity)
      write(body)
      const signature = { parameters: new Array<ValueType>(arity).fill(valueType), results: [valueType] }
      return this.module.addFunction(name.replaceAll(" ", "."), signature, body)
    })
  }
}

/**
 * i32 division that never traps: by 0 it gives 0, and the lowest number by −1 wraps. Both divisors, 0 and −1, are
 * caught by one unsigned comparison of b + 1 with 1, and for both (−a) & b is the quotient.
 */
function writeSafeDivision(op: "div" | "rem", code: FunctionBody): void {
  const [a, b] = [0, 1]
  code.get(b)
  code.i32(1)
  code.op("i32.add")
  code.i32(1)
  code.op("i32.le_u")
  code.nest("if", () => {
    code.i32(0)
    if (op === "div") {
      code.get(a)
      code.op("i32.sub")
      code.get(b)
      code.op("i32.and")
    }
    code.op("return")
  })
  code.get(a)
  code.get(b)
  code.op(op === "div" ? "i32.div_s" : "i32.rem_s")
}
