import type { Expr, Lanes, Scalar } from "../../kernel/index.ts"
import { loadStride, rangeOf, scalarBytes } from "../../kernel/index.ts"
import type { Context } from "./context.ts"

/** Loads and stores, and the arithmetic of their addresses. */

interface Sum {
  readonly terms: Expr[]
  constant: number
}

function flatten(index: Expr, into: Sum): Sum {
  if (index.kind === "constant") into.constant += index.value
  else if (index.kind === "binary" && index.op === "add") {
    flatten(index.a, into)
    flatten(index.b, into)
  } else into.terms.push(index)
  return into
}

/** Whether the terms, each and together, are known to be ≥ 0 and to stay clear of wrapping. */
function neverNegative(ctx: Context, terms: readonly Expr[]): boolean {
  let high = 0
  for (const term of terms) {
    const range = rangeOf(term, ctx.ranges)
    if (range === undefined || range.low < 0) return false
    high += range.high
  }
  return high <= 0x7fff_ffff
}

/** term·bytes; a constant factor of the term is multiplied in here and now. */
function writeScaled(ctx: Context, term: Expr, bytes: number): void {
  const { code } = ctx
  if (term.kind === "binary" && term.op === "mul" && term.b.kind === "constant") {
    ctx.expr(term.a)
    code.i32(Math.imul(term.b.value, bytes))
    code.op("i32.mul")
  } else {
    ctx.expr(term)
    code.i32(Math.log2(bytes))
    code.op("i32.shl")
  }
}

/**
 * Writes pointer + index·bytes and gives the rest that belongs into the instruction. The sum is taken term by term
 * from the pointer on, so that what several accesses have in common, from the left, is computed once. The constant
 * goes into the instruction when the address without it cannot wrap below 0: the engine adds the two without wrapping.
 */
function writeAddress(ctx: Context, buffer: number, index: Expr, bytes: number): number {
  const { code } = ctx
  const { terms, constant } = flatten(index, { terms: [], constant: 0 })
  code.get(buffer)
  for (const term of terms) {
    writeScaled(ctx, term, bytes)
    code.op("i32.add")
  }
  if (constant >= 0 && neverNegative(ctx, terms)) return constant * bytes
  code.i32(Math.imul(constant, bytes))
  code.op("i32.add")
  return 0
}

const align = (bytes: number): number => Math.log2(bytes)

/** Bools in memory are 0 or 1, nothing else. */
export function writeLoad(ctx: Context, buffer: number, index: Expr, type: Scalar, lanes: Lanes): void {
  const { code } = ctx
  const bytes = scalarBytes(type)
  const offset = writeAddress(ctx, buffer, index, bytes)
  if (lanes === 1) code.memory(type === "bool" ? "i32.load" : `${type}.load`, align(bytes), offset)
  else if (type !== "bool") code.memory("v128.load", align(bytes), offset)
  else if (lanes === 4) {
    code.memory("v128.load", align(bytes), offset)
    code.op("i32x4.neg")
  } else {
    code.memory("v128.load64_zero", align(bytes), offset)
    code.op("i32x4.neg")
    code.op("i64x2.extend_low_i32x4_s")
  }
}

export function writeStore(ctx: Context, buffer: number, index: Expr, value: Expr): void {
  const { code } = ctx
  const { type, lanes } = value
  const bytes = scalarBytes(type)
  const offset = writeAddress(ctx, buffer, index, bytes)
  ctx.expr(value)
  if (lanes === 1) code.memory(type === "bool" ? "i32.store" : `${type}.store`, align(bytes), offset)
  else if (type !== "bool") code.memory("v128.store", align(bytes), offset)
  else if (lanes === 4) {
    code.op("i32x4.neg")
    code.memory("v128.store", align(bytes), offset)
  } else {
    // The lower words of both lanes, side by side.
    code.op("i64x2.neg")
    const mask = ctx.scratch("v128")
    code.tee(mask)
    code.get(mask)
    code.shuffleWords([0, 2, 0, 2])
    code.memoryLane("v128.store64_lane", align(bytes), offset, 0)
  }
}

/** One scalar of memory in all lanes. */
export function writeSplatLoad(ctx: Context, buffer: number, index: Expr, type: Scalar): void {
  const bytes = scalarBytes(type)
  const offset = writeAddress(ctx, buffer, index, bytes)
  ctx.code.memory(bytes === 8 ? "v128.load64_splat" : "v128.load32_splat", align(bytes), offset)
}

/** Lanes from scattered places. The instruction wants the address under the vector, so the last address goes first. */
export function writeGather(ctx: Context, loads: readonly (Expr & { kind: "load" })[], type: Scalar): void {
  const { code } = ctx
  const bytes = scalarBytes(type)
  if (type !== "bool" && loads.length === 4 && loadStride(loads) === 2) return writeEverySecond(ctx, loads)
  const offsets = new Array<number>(loads.length)
  for (let lane = loads.length - 1; lane >= 0; lane--) {
    offsets[lane] = writeAddress(ctx, loads[lane]!.buffer, loads[lane]!.index, bytes)
  }
  code.memory(bytes === 8 ? "v128.load64_zero" : "v128.load32_zero", align(bytes), offsets[0]!)
  for (let lane = 1; lane < loads.length; lane++) {
    code.memoryLane(bytes === 8 ? "v128.load64_lane" : "v128.load32_lane", align(bytes), offsets[lane]!, lane)
  }
}

/** Words 0, 2, 4 and 6 from an address on: the second vector begins one word early, not to read beyond the last. */
function writeEverySecond(ctx: Context, [first]: readonly (Expr & { kind: "load" })[]): void {
  const { code } = ctx
  const offset = writeAddress(ctx, first!.buffer, first!.index, 4)
  const address = ctx.scratch("i32")
  code.tee(address)
  code.memory("v128.load", align(4), offset)
  code.get(address)
  code.memory("v128.load", align(4), offset + 12)
  code.shuffleWords([0, 2, 5, 7])
}
