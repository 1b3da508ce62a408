import * as ops from "../../ops/index.ts"
import type { Size } from "../size.ts"
import { isKnown, minus, plus, product, sameSize, times } from "../size.ts"
import type { Step } from "../trace.ts"
import type { Value } from "../writer.ts"
import type { Emitter, RuleEntry } from "./rule.ts"
import { resultOf, rule, upTo } from "./rule.ts"

/** One number for all elements has no places to move. */
const isNumber = (value: Value): boolean => value.shape.every((size) => size === 1)

function scalarOr(step: Step, out: Emitter, move: (x: Value) => Value | null): Value | null {
  const value = out.value(step.inputs[0]!)
  return isNumber(value) ? out.write.reshape(value, []) : move(out.full(step.inputs[0]!))
}

/** Slices of the dimensions where something is left out. */
function sliced(out: Emitter, x: Value, at: { start: Size; size: Size; step: number }[]): Value {
  const cut = upTo(at.length).filter(
    (dim) => !sameSize(at[dim]!.start, 0) || at[dim]!.step !== 1 || !sameSize(at[dim]!.size, x.shape[dim]!),
  )
  if (cut.length === 0) return x
  const { write } = out
  const ends = cut.map((dim) => {
    const { start, size, step } = at[dim]!
    const end = plus(plus(start, times(plus(size, -1), step)), Math.sign(step))
    // Backwards to the very first element: an end of -1 would be the last one.
    return step < 0 && isKnown(end) && end < 0 ? -(2 ** 31) : end
  })
  return write.emit(
    "Slice",
    [
      x,
      write.sizes(cut.map((dim) => at[dim]!.start)),
      write.sizes(ends),
      write.integers(cut),
      write.integers(cut.map((dim) => at[dim]!.step)),
    ],
    { type: x.type, shape: at.map(({ size }) => size) },
  )
}

/** Surrounds with a number; how many elements before and after each dimension (negative: so many less). */
function surrounded(
  out: Emitter,
  x: Value,
  before: readonly Size[],
  after: readonly Size[],
  value: number,
): Value {
  const widths = [...before, ...after]
  if (widths.every((width) => width === 0)) return x
  const { write } = out
  // ONNX pads no truth values.
  const type = x.type === "bool" ? "int32" : x.type
  const shape = x.shape.map((size, i) => plus(size, plus(before[i]!, after[i]!)))
  const inputs = [write.cast(x, type), write.sizes(widths), write.constant(type, [value], [])]
  return write.cast(write.emit("Pad", inputs, { type, shape }), x.type)
}

/** Gaps after each element of a dimension, the last one too. */
function spaced(out: Emitter, x: Value, dim: number, gap: number, value: number): Value {
  const split = [...x.shape.slice(0, dim + 1), 1, ...x.shape.slice(dim + 1)]
  const none = split.map(() => 0)
  const after = split.map((_, i) => (i === dim + 1 ? gap : 0))
  const wide = surrounded(out, out.write.reshape(x, split), none, after, value)
  const shape = x.shape.map((size, i) => (i === dim ? times(size, gap + 1) : size))
  return out.write.reshape(wide, shape)
}

export const movementRules: readonly RuleEntry[] = [
  rule(ops.reshapeOp, (step, out) => scalarOr(step, out, (x) => out.write.reshape(x, step.shape))),
  // Whoever needs the whole of it stretches it then.
  rule(ops.expandOp, (step, out) => out.value(step.inputs[0]!)),
  rule(ops.permuteOp, (step, out) =>
    scalarOr(step, out, (x) =>
      out.write.transpose(
        x,
        step.fixed(({ dims }) => dims),
      ),
    ),
  ),
  rule(ops.sliceOp, (step, out) =>
    scalarOr(step, out, (x) => {
      const start = step.sizes((attrs) => attrs.start)
      const size = step.sizes((attrs) => attrs.size)
      const steps = step.fixed((attrs) => attrs.step)
      return sliced(
        out,
        x,
        steps.map((by, dim) => ({ start: start[dim]!, size: size[dim]!, step: by })),
      )
    }),
  ),
  rule(ops.padOp, (step, out) => {
    const value = step.fixed((attrs) => String(attrs.value))
    const interior = step.fixed((attrs) => attrs.interior)
    const low = step.sizes((attrs) => attrs.low)
    let x = out.full(step.inputs[0]!)
    interior.forEach((gap, dim) => {
      if (gap > 0) x = spaced(out, x, dim, gap, Number(value))
    })
    const high = step.shape.map((size, dim) => minus(minus(size, low[dim]!), x.shape[dim]!))
    return surrounded(out, x, low, high, Number(value))
  }),
  rule(ops.catOp, (step, out) => {
    const axis = step.fixed(({ dim }) => dim)
    const parts = step.inputs.map((input) => out.full(input))
    return out.write.emit("Concat", parts, resultOf(step), { axis })
  }),
  rule(ops.diagonalOp, (step, out) => {
    const x = out.full(step.inputs[0]!)
    const n = x.shape.at(-1)!
    if (!isKnown(n)) return null
    const flat = out.write.reshape(x, [...x.shape.slice(0, -2), n * n])
    const places = out.write.integers(upTo(n).map((i) => i * (n + 1)))
    return out.write.emit("Gather", [flat, places], resultOf(step), { axis: step.shape.length - 1 })
  }),
  rule(ops.diagonalEmbedOp, (step, out) => {
    const x = out.full(step.inputs[0]!)
    const n = step.shape.at(-1)!
    if (!isKnown(n)) return null
    const on = upTo(n * n).map((i) => (i % (n + 1) === 0 ? 1 : 0))
    const where = [out.write.constant("bool", on, [n, n]), out.write.reshape(x, [...x.shape, 1])]
    return out.write.emit("Where", [...where, out.write.scalar(0, step.dtype)], resultOf(step))
  }),
  rule(ops.constantOp, (step, out) => {
    const [value] = step.sizes((attrs) => [attrs.value]) as [Size]
    return out.write.number(value, step.dtype)
  }),
  rule(ops.iotaOp, (step, out) => {
    const dims = step.fixed((attrs) => attrs.dims)
    const kept = step.shape.map((size, dim) => (dims.includes(dim) ? size : 1))
    return count(
      out,
      dims.map((dim) => step.shape[dim]!),
      kept,
    )
  }),
]

/** 0, 1, 2 … in the row-major order of `sizes`, under a shape of as many elements; int32. */
function count(out: Emitter, sizes: readonly Size[], shape: readonly Size[]): Value | null {
  const { write } = out
  const total = product(sizes)
  if (total === null) return null
  if (isKnown(total)) return write.constant("int32", upTo(total), shape as number[])
  const end = write.reshape(write.sizes([total]), [])
  const list = write.emit("Range", [write.scalarInteger(0), end, write.scalarInteger(1)], {
    type: "int64",
    shape: [total],
  })
  return write.reshape(write.cast(list, "int32"), shape)
}

/** start + step·i along a dimension of `rank` dimensions, int64. */
export function ramp(
  out: Emitter,
  { size, start, step }: { readonly size: Size; readonly start: number; readonly step: number },
): Value {
  const { write } = out
  if (isKnown(size)) return write.integers(upTo(size).map((i) => start + step * i))
  const end = write.reshape(write.sizes([plus(times(size, step), start)]), [])
  return write.emit("Range", [write.scalarInteger(start), end, write.scalarInteger(step)], {
    type: "int64",
    shape: [size],
  })
}
