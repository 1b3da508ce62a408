import { internalError } from "../../base/index.ts"
import type { ArithmeticOp, CompareOp, Expr, Lanes, Scalar, UnaryOp } from "../../kernel/index.ts"
import type { Context } from "./context.ts"
import type { Opcode } from "./opcodes.ts"
import { opcodes } from "./opcodes.ts"

/** `f32` or `f32x4`: what the names of instructions begin with. */
function prefix(type: Scalar, lanes: Lanes): string {
  if (type === "bool") return lanes === 1 ? "i32" : lanes === 4 ? "i32x4" : "i64x2"
  return lanes === 1 ? type : `${type}x${lanes}`
}

export function instruction(type: Scalar, lanes: Lanes, name: string): Opcode {
  const full = `${prefix(type, lanes)}.${name}`
  if (!(full in opcodes)) throw internalError(`there is no instruction ${full}`, "wasm renderer")
  return full as Opcode
}

const NATIVE_FLOAT: Partial<Record<UnaryOp, string>> = {
  neg: "neg",
  abs: "abs",
  sqrt: "sqrt",
  floor: "floor",
  ceil: "ceil",
  trunc: "trunc",
  round: "nearest",
}

/** A constant of a type in all lanes. */
export function writeConstant(ctx: Context, type: Scalar, lanes: Lanes, value: number): void {
  const { code } = ctx
  if (lanes === 1) {
    if (type === "f32") code.f32(value)
    else if (type === "f64") code.f64(value)
    else code.i32(value)
    return
  }
  code.v128((bytes) => {
    if (type === "f64") for (let i = 0; i < 2; i++) bytes.float64(value)
    else if (type === "f32") for (let i = 0; i < 4; i++) bytes.float32(value)
    else for (let i = 0; i < 4; i++) bytes.int32(type === "bool" ? -value : value)
  })
}

export function writeUnary(ctx: Context, op: UnaryOp, a: Expr): void {
  const { type, lanes } = a
  if (type === "f32" || type === "f64") {
    writeFloatUnary(ctx, op, a)
    return
  }
  if (op === "sign") {
    writeIntegerSign(ctx, a)
    return
  }
  if (op === "neg" && lanes === 1) ctx.code.i32(0)
  ctx.expr(a)
  const { code } = ctx
  if (op === "not") {
    if (lanes > 1) code.op("v128.not")
    else if (type === "bool") code.op("i32.eqz")
    else {
      code.i32(-1)
      code.op("i32.xor")
    }
  } else if (op === "clz") {
    if (lanes === 1) code.op("i32.clz")
    else code.call(ctx.helpers.leadingZeros())
  } else if (op === "neg") code.op(lanes === 1 ? "i32.sub" : "i32x4.neg")
  else if (op === "abs" && lanes > 1) code.op("i32x4.abs")
  else if (op === "abs") writeScalarAbs(ctx)
  else throw internalError(`there is no ${op} of ${type}`, "wasm renderer")
}

/** |a| = (a ^ s) − s with s = a >> 31, all ones for a < 0. */
function writeScalarAbs(ctx: Context): void {
  const { code } = ctx
  const value = ctx.scratch("i32")
  const sign = ctx.scratch("i32", 1)
  code.tee(value)
  code.get(value)
  code.i32(31)
  code.op("i32.shr_s")
  code.tee(sign)
  code.op("i32.xor")
  code.get(sign)
  code.op("i32.sub")
}

/** (a > 0) − (a < 0); in vectors a true lane is −1, so that the order is turned. */
function writeIntegerSign(ctx: Context, a: Expr): void {
  const { code } = ctx
  const value = ctx.scratch(a.lanes === 1 ? "i32" : "v128")
  ctx.expr(a)
  code.set(value)
  for (const name of a.lanes === 1 ? ["gt_s", "lt_s"] : ["lt_s", "gt_s"]) {
    code.get(value)
    writeConstant(ctx, "i32", a.lanes, 0)
    code.op(instruction("i32", a.lanes, name))
  }
  code.op(instruction("i32", a.lanes, "sub"))
}

function writeFloatUnary(ctx: Context, op: UnaryOp, a: Expr): void {
  const { type, lanes } = a
  ctx.expr(a)
  const native = NATIVE_FLOAT[op]
  if (native !== undefined) ctx.code.op(instruction(type, lanes, native))
  else if (op === "sign") writeFloatSign(ctx, type, lanes)
  else ctx.helpers.writeUnary(ctx.code, op, type, lanes)
}

/** ±1 with the sign of a where |a| > 0; otherwise a itself, which is ±0 or NaN. */
function writeFloatSign(ctx: Context, type: Scalar, lanes: Lanes): void {
  const { code } = ctx
  const value = ctx.scratch(lanes > 1 ? "v128" : type === "f64" ? "f64" : "f32")
  code.set(value)
  if (lanes === 1) {
    writeConstant(ctx, type, 1, 1)
    code.get(value)
    code.op(instruction(type, 1, "copysign"))
  } else {
    code.get(value)
    writeConstant(ctx, type, lanes, -0)
    code.op("v128.and")
    writeConstant(ctx, type, lanes, 1)
    code.op("v128.or")
  }
  code.get(value)
  code.get(value)
  code.op(instruction(type, lanes, "abs"))
  writeConstant(ctx, type, lanes, 0)
  code.op(instruction(type, lanes, "gt"))
  writeSelect(ctx, lanes)
}

/** Picks between the two values under the condition on the stack. */
export function writeSelect(ctx: Context, lanes: Lanes): void {
  if (lanes === 1) ctx.code.op("select")
  // A mask of whole lanes gives one and the same result with the relaxed instruction, which is faster on x64.
  else ctx.code.op(ctx.relaxed ? "i32x4.relaxed_laneselect" : "v128.bitselect")
}

const BITWISE: Partial<Record<ArithmeticOp, readonly [scalar: Opcode, vector: Opcode]>> = {
  and: ["i32.and", "v128.and"],
  or: ["i32.or", "v128.or"],
  xor: ["i32.xor", "v128.xor"],
}

export function writeBinary(ctx: Context, op: ArithmeticOp, a: Expr, b: Expr): void {
  const { type, lanes } = a
  const bitwise = BITWISE[op]
  if (bitwise !== undefined) {
    ctx.expr(a)
    ctx.expr(b)
    ctx.code.op(bitwise[lanes === 1 ? 0 : 1])
  } else if (type === "i32") writeIntegerBinary(ctx, op, a, b)
  else writeFloatBinary(ctx, op, a, b)
}

function writeFloatBinary(ctx: Context, op: ArithmeticOp, a: Expr, b: Expr): void {
  const { type, lanes } = a
  if ((op === "min" || op === "max") && lanes > 1) {
    if (writeBounded(ctx, op, a, b) || writeBounded(ctx, op, b, a)) return
  }
  ctx.expr(a)
  ctx.expr(b)
  if (op === "rem" || op === "pow" || op === "atan2" || op === "hypot") {
    ctx.code.call(ctx.helpers.binary(op, type, lanes))
  } else ctx.code.op(instruction(type, lanes, op))
}

/**
 * min and max with a constant: `pmin` and `pmax` are one instruction where `min` and `max`, which must look for NaN
 * and −0 on both sides, are eight on x64. They give the value unless the bound is beyond it, so that NaN passes; the
 * one zero that would come out with the wrong sign, max(−0, +0), is put right by adding +0.
 */
function writeBounded(ctx: Context, op: "min" | "max", value: Expr, bound: Expr): boolean {
  if (bound.kind !== "constant" || Number.isNaN(bound.value)) return false
  if (op === "min" && Object.is(bound.value, -0)) return false
  ctx.expr(value)
  ctx.expr(bound)
  ctx.code.op(instruction(value.type, value.lanes, op === "min" ? "pmin" : "pmax"))
  if (op === "max" && Object.is(bound.value, 0)) {
    ctx.expr(bound)
    ctx.code.op(instruction(value.type, value.lanes, "add"))
  }
  return true
}

function writeIntegerBinary(ctx: Context, op: ArithmeticOp, a: Expr, b: Expr): void {
  const { lanes } = a
  switch (op) {
    case "div":
    case "rem":
      writeDivision(ctx, op, a, b)
      break
    case "shl":
    case "shr":
      writeShift(ctx, op, a, b)
      break
    case "mulhu":
      writeHighProduct(ctx, a, b)
      break
    case "min":
    case "max":
      ctx.expr(a)
      ctx.expr(b)
      if (lanes === 1) writeScalarExtremum(ctx, op)
      else ctx.code.op(instruction("i32", lanes, `${op}_s`))
      break
    default:
      ctx.expr(a)
      ctx.expr(b)
      ctx.code.op(instruction("i32", lanes, op))
  }
}

function writeScalarExtremum(ctx: Context, op: "min" | "max"): void {
  const { code } = ctx
  const [a, b] = [ctx.scratch("i32"), ctx.scratch("i32", 1)]
  code.set(b)
  code.tee(a)
  code.get(b)
  code.get(a)
  code.get(b)
  code.op(op === "min" ? "i32.lt_s" : "i32.gt_s")
  code.op("select")
}

/** Engines turn a division by a constant into multiplications and shifts; other divisors may be 0 or −1. */
function writeDivision(ctx: Context, op: "div" | "rem", a: Expr, b: Expr): void {
  ctx.expr(a)
  ctx.expr(b)
  const safe = a.lanes === 1 && b.kind === "constant" && b.value !== 0 && b.value !== -1
  if (safe) ctx.code.op(op === "div" ? "i32.div_s" : "i32.rem_s")
  else ctx.code.call(ctx.helpers.binary(op, "i32", a.lanes))
}

function writeShift(ctx: Context, op: "shl" | "shr", a: Expr, b: Expr): void {
  const { code } = ctx
  ctx.expr(a)
  if (a.lanes === 1) {
    ctx.expr(b)
    code.op(op === "shl" ? "i32.shl" : "i32.shr_u")
    return
  }
  // Vector shifts take one count for all lanes.
  if (b.kind === "constant") code.i32(b.value)
  else if (b.kind === "splat") ctx.expr(b.a)
  else {
    ctx.expr(b)
    code.call(ctx.helpers.binary(op, "i32", a.lanes))
    return
  }
  code.op(op === "shl" ? "i32x4.shl" : "i32x4.shr_u")
}

function writeHighProduct(ctx: Context, a: Expr, b: Expr): void {
  const { code } = ctx
  if (a.lanes === 1) {
    for (const operand of [a, b]) {
      ctx.expr(operand)
      code.op("i64.extend_i32_u")
    }
    code.op("i64.mul")
    code.i64(32)
    code.op("i64.shr_u")
    code.op("i32.wrap_i64")
    return
  }
  const [left, right] = [ctx.scratch("v128"), ctx.scratch("v128", 1)]
  ctx.expr(a)
  ctx.expr(b)
  code.set(right)
  code.set(left)
  for (const half of ["i64x2.extmul_low_i32x4_u", "i64x2.extmul_high_i32x4_u"] as const) {
    code.get(left)
    code.get(right)
    code.op(half)
  }
  code.shuffleWords([1, 3, 5, 7])
}

const TURNED: Readonly<Record<CompareOp, CompareOp>> = {
  eq: "eq",
  ne: "ne",
  lt: "gt",
  gt: "lt",
  le: "ge",
  ge: "le",
}

export function writeCompare(ctx: Context, op: CompareOp, a: Expr, b: Expr): void {
  const { type, lanes } = a
  ctx.expr(a)
  ctx.expr(b)
  const ordered = op !== "eq" && op !== "ne"
  if (type === "f32" || type === "f64") ctx.code.op(instruction(type, lanes, op))
  else {
    // A true lane is −1: the order of truth values is that of the numbers turned round.
    const actual = type === "bool" && lanes > 1 ? TURNED[op] : op
    ctx.code.op(instruction(type, lanes, ordered ? `${actual}_s` : actual))
  }
}

export function writeConvert(ctx: Context, type: Scalar, a: Expr): void {
  ctx.expr(a)
  if (type === a.type) return
  if (type === "bool") {
    writeConstant(ctx, a.type, a.lanes, 0)
    ctx.code.op(instruction(a.type, a.lanes, "ne"))
  } else if (a.type === "bool" && a.lanes > 1) {
    writeConstant(ctx, type, a.lanes, 1)
    ctx.code.op("v128.and")
  } else if (a.lanes === 1) {
    const name = SCALAR_CONVERSIONS[`${a.type} ${type}`]
    if (name !== undefined) ctx.code.op(name)
  } else {
    const name = VECTOR_CONVERSIONS[`${a.type} ${type}`]
    if (name === undefined)
      throw internalError(`no vector conversion from ${a.type} to ${type}`, "wasm renderer")
    ctx.code.op(name)
  }
}

/** bool to i32 needs none. */
const SCALAR_CONVERSIONS: Readonly<Record<string, Opcode | undefined>> = {
  "f32 f64": "f64.promote_f32",
  "f64 f32": "f32.demote_f64",
  "f32 i32": "i32.trunc_sat_f32_s",
  "f64 i32": "i32.trunc_sat_f64_s",
  "i32 f32": "f32.convert_i32_s",
  "i32 f64": "f64.convert_i32_s",
  "bool f32": "f32.convert_i32_s",
  "bool f64": "f64.convert_i32_s",
}

const VECTOR_CONVERSIONS: Readonly<Record<string, Opcode | undefined>> = {
  "f32 i32": "i32x4.trunc_sat_f32x4_s",
  "i32 f32": "f32x4.convert_i32x4_s",
}
