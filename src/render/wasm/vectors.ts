import type { Expr, Lanes, Scalar, Variable } from "../../kernel/index.ts"
import type { Context } from "./context.ts"
import { writeGather, writeSplatLoad } from "./memory.ts"
import type { Opcode } from "./opcodes.ts"

/** Between scalars and lanes. */

type Load = Expr & { kind: "load" }

const isLoad = (e: Expr): e is Load => e.kind === "load"

const SPLAT: Readonly<Record<Scalar, Opcode>> = {
  f32: "f32x4.splat",
  f64: "f64x2.splat",
  i32: "i32x4.splat",
  bool: "i32x4.splat",
}
const EXTRACT: Readonly<Record<Scalar, Opcode>> = {
  f32: "f32x4.extract_lane",
  f64: "f64x2.extract_lane",
  i32: "i32x4.extract_lane",
  bool: "i32x4.extract_lane",
}
const REPLACE: Readonly<Record<Scalar, Opcode>> = {
  f32: "f32x4.replace_lane",
  f64: "f64x2.replace_lane",
  i32: "i32x4.replace_lane",
  bool: "i32x4.replace_lane",
}

export function writeSplat(ctx: Context, a: Expr): void {
  if (isLoad(a) && a.type !== "bool") {
    writeSplatLoad(ctx, a.buffer, a.index, a.type)
    return
  }
  writeScalarOfLane(ctx, a)
  ctx.code.op(SPLAT[a.type])
}

/** A scalar as it stands in a lane: a true bool is all ones there. */
function writeScalarOfLane(ctx: Context, a: Expr): void {
  if (a.type === "bool") ctx.code.i32(0)
  ctx.expr(a)
  if (a.type === "bool") ctx.code.op("i32.sub")
}

export function writeAssemble(ctx: Context, values: readonly Expr[], type: Scalar, lanes: Lanes): void {
  if (values.every(isLoad) && type !== "bool") {
    writeGather(ctx, values, type)
    return
  }
  if (values.every((value) => value.kind === "constant")) {
    writeConstants(ctx, values, type)
    return
  }
  if (lanes === 4 && type !== "bool" && writeShuffle(ctx, values)) return
  for (const [lane, value] of values.entries()) {
    writeScalarOfLane(ctx, value)
    if (lane === 0) ctx.code.op(SPLAT[type])
    else ctx.code.lane(REPLACE[type], type === "bool" && lanes === 2 ? 2 * lane : lane)
  }
  // Two bools: each has to fill 64 bits, and the second word so far holds the first one.
  if (type === "bool" && lanes === 2) widenBoolPair(ctx)
}

/** Lanes of one or two vectors in another order. */
function writeShuffle(ctx: Context, values: readonly Expr[]): boolean {
  const sources: Variable[] = []
  const words = values.map((value) => {
    if (value.kind !== "extract" || value.a.kind !== "variable" || value.a.lanes !== 4) return -1
    const { variable } = value.a
    if (!sources.includes(variable)) sources.push(variable)
    return 4 * sources.indexOf(variable) + value.lane
  })
  if (words.includes(-1) || sources.length > 2) return false
  for (const source of [sources[0]!, sources.at(-1)!]) ctx.code.get(ctx.local(source))
  ctx.code.shuffleWords(words as [number, number, number, number])
  return true
}

function widenBoolPair(ctx: Context): void {
  const pair = ctx.scratch("v128")
  ctx.code.tee(pair)
  ctx.code.get(pair)
  ctx.code.shuffleWords([0, 0, 2, 2])
}

function writeConstants(ctx: Context, values: readonly (Expr & { kind: "constant" })[], type: Scalar): void {
  const words = type === "bool" && values.length === 2 ? values.flatMap((value) => [value, value]) : values
  ctx.code.v128((bytes) => {
    for (const { value } of words) {
      if (type === "f64") bytes.float64(value)
      else if (type === "f32") bytes.float32(value)
      else bytes.int32(type === "bool" ? -value : value)
    }
  })
}

export function writeExtract(ctx: Context, a: Expr, lane: number): void {
  ctx.expr(a)
  if (a.lanes === 1) return
  ctx.code.lane(EXTRACT[a.type], a.type === "bool" && a.lanes === 2 ? 2 * lane : lane)
  if (a.type === "bool") {
    ctx.code.i32(1)
    ctx.code.op("i32.and")
  }
}
