import type { Attrs, Op } from "../../graph/index.ts"
import type { OnnxElement } from "../../io/index.ts"
import * as ops from "../../ops/index.ts"
import { broadcastSizes } from "../size.ts"
import type { Value } from "../writer.ts"
import type { Emitter, Rule, RuleEntry } from "./rule.ts"
import { rule } from "./rule.ts"

/** Elementwise operations of ONNX on values, which broadcast. */
export class Formula {
  private readonly out: Emitter

  constructor(out: Emitter) {
    this.out = out
  }

  apply(op: string, args: readonly Value[], type: OnnxElement = args[0]!.type): Value {
    return this.out.write.emit(op, args, { type, shape: broadcastSizes(args.map(({ shape }) => shape)) })
  }

  compare(op: string, a: Value, b: Value): Value {
    // Order is defined for numbers only.
    const numbers = op !== "Equal" && a.type === "bool"
    return this.apply(op, numbers ? [this.cast(a, "int32"), this.cast(b, "int32")] : [a, b], "bool")
  }

  cast(value: Value, type: OnnxElement): Value {
    return this.out.write.cast(value, type)
  }

  where(condition: Value, a: Value, b: Value): Value {
    if (a.type === "bool") {
      // onnxruntime chooses between numbers only.
      const no = this.apply("Not", [condition])
      return this.apply("Or", [this.apply("And", [condition, a]), this.apply("And", [no, b])])
    }
    return this.apply("Where", [condition, a, b], a.type)
  }

  number(like: Value, value: number): Value {
    return this.out.write.constant(like.type, [value], [])
  }
}

type Write = (f: Formula, args: readonly Value[]) => Value | null

function entry<A extends Attrs>(op: Op<A>, write: Write): RuleEntry {
  return rule(op, (step, out) =>
    write(
      new Formula(out),
      step.inputs.map((input) => out.value(input)),
    ),
  )
}

/** An operation that ONNX has too. */
const same =
  (name: string): Write =>
  (f, args) =>
    f.apply(name, args)

const comparison =
  (name: string): Write =>
  (f, [a, b]) =>
    f.compare(name, a!, b!)

/** And, or, xor: of truth values or of the bits of whole numbers. */
const logic =
  (name: string): Write =>
  (f, args) =>
    f.apply(args[0]!.type === "bool" ? name : `Bitwise${name}`, args)

/** A function of x and of numbers. */
const formula =
  (write: (f: Formula, x: Value) => Value): Write =>
  (f, [x]) =>
    write(f, x!)

const remainder: Write = (f, [a, b]) => {
  const r = f.apply("Sub", [a!, f.apply("Mul", [b!, truncated(f, f.apply("Div", [a!, b!]))])])
  const zero = f.number(r, 0)
  const turned = f.apply("Xor", [f.compare("Less", r, zero), f.compare("Less", b!, zero)], "bool")
  const opposite = f.apply("And", [f.apply("Not", [f.compare("Equal", r, zero)], "bool"), turned], "bool")
  return f.where(opposite, f.apply("Add", [r, b!]), r)
}

function truncated(f: Formula, x: Value): Value {
  if (x.type === "int32") return x
  return f.apply("Mul", [f.apply("Sign", [x]), f.apply("Floor", [f.apply("Abs", [x])])])
}

/** atan2(y, x) = atan(y/x), turned by ±π where x < 0, and ±π/2 where x = 0. */
const atan2: Write = (f, [y, x]) => {
  const number = (value: number): Value => f.number(y!, value)
  const below = f.compare("Less", y!, number(0))
  const turned = (angle: number): Value => f.where(below, number(-angle), number(angle))
  const vertical = f.compare("Equal", x!, number(0))
  const slope = f.apply("Atan", [f.apply("Div", [y!, f.where(vertical, number(1), x!)])])
  const left = f.apply("Add", [slope, turned(Math.PI)])
  const upright = f.where(f.compare("Equal", y!, number(0)), number(0), turned(Math.PI / 2))
  return f.where(vertical, upright, f.where(f.compare("Less", x!, number(0)), left, slope))
}

const entries: readonly (readonly [Op<never>, Write])[] = [
  [ops.addOp, same("Add")],
  [ops.negOp, same("Neg")],
  [ops.mulOp, same("Mul")],
  [ops.eqOp, comparison("Equal")],
  [ops.neOp, (f, [a, b]) => f.apply("Not", [f.compare("Equal", a!, b!)], "bool")],
  [ops.ltOp, comparison("Less")],
  [ops.leOp, comparison("LessOrEqual")],
  [ops.gtOp, comparison("Greater")],
  [ops.geOp, comparison("GreaterOrEqual")],
  [ops.andOp, logic("And")],
  [ops.orOp, logic("Or")],
  [ops.xorOp, logic("Xor")],
  [ops.notOp, logic("Not")],
  [ops.maximumOp, same("Max")],
  [ops.minimumOp, same("Min")],
  [ops.absOp, same("Abs")],
  [ops.signOp, same("Sign")],
  [ops.floorOp, formula((f, x) => (x.type === "int32" ? x : f.apply("Floor", [x])))],
  [ops.ceilOp, formula((f, x) => (x.type === "int32" ? x : f.apply("Ceil", [x])))],
  [ops.truncOp, formula(truncated)],
  [ops.roundOp, formula((f, x) => (x.type === "int32" ? x : f.apply("Round", [x])))],
  [
    ops.fmodOp,
    (f, [a, b]) => f.apply("Sub", [a!, f.apply("Mul", [b!, truncated(f, f.apply("Div", [a!, b!]))])]),
  ],
  [ops.remainderOp, remainder],
  [ops.detachOp, formula((_, x) => x)],
  [ops.sqrtOp, same("Sqrt")],
  [ops.expOp, same("Exp")],
  [ops.exp2Op, formula((f, x) => f.apply("Pow", [f.number(x, 2), x]))],
  [ops.expm1Op, formula((f, x) => f.apply("Sub", [f.apply("Exp", [x]), f.number(x, 1)]))],
  [ops.logOp, same("Log")],
  [ops.log2Op, formula((f, x) => f.apply("Div", [f.apply("Log", [x]), f.number(x, Math.LN2)]))],
  [ops.log10Op, formula((f, x) => f.apply("Div", [f.apply("Log", [x]), f.number(x, Math.LN10)]))],
  [ops.log1pOp, formula((f, x) => f.apply("Log", [f.apply("Add", [x, f.number(x, 1)])]))],
  [ops.sinOp, same("Sin")],
  [ops.cosOp, same("Cos")],
  [ops.tanOp, same("Tan")],
  [ops.asinOp, same("Asin")],
  [ops.acosOp, same("Acos")],
  [ops.atanOp, same("Atan")],
  [ops.sinhOp, same("Sinh")],
  [ops.coshOp, same("Cosh")],
  [ops.tanhOp, same("Tanh")],
  [ops.asinhOp, same("Asinh")],
  [ops.acoshOp, same("Acosh")],
  [ops.atanhOp, same("Atanh")],
  [ops.erfOp, same("Erf")],
  [ops.erfcOp, formula((f, x) => f.apply("Sub", [f.number(x, 1), f.apply("Erf", [x])]))],
  [ops.sigmoidOp, same("Sigmoid")],
  [ops.powOp, same("Pow")],
  [ops.atan2Op, atan2],
  [
    ops.hypotOp,
    (f, [a, b]) => f.apply("Sqrt", [f.apply("Add", [f.apply("Mul", [a!, a!]), f.apply("Mul", [b!, b!])])]),
  ],
]

/** A rule that writes one operation of ONNX. */
export const broadcasting =
  (name: string): Rule<Attrs> =>
  (step, out) =>
    same(name)(
      new Formula(out),
      step.inputs.map((input) => out.value(input)),
    )

export const elementwiseRules: readonly RuleEntry[] = [
  ...entries.map(([op, write]) => entry(op as unknown as Op, write)),
  rule(ops.castOp, (step, out) => {
    const x = out.value(step.inputs[0]!)
    const type = step.fixed(({ dtype }) => dtype)
    // To a truth value goes by way of the comparison with 0: NaN is true.
    if (type !== "bool" || x.type === "bool") return out.write.cast(x, type)
    const f = new Formula(out)
    return f.apply("Not", [f.compare("Equal", x, f.number(x, 0))], "bool")
  }),
]
