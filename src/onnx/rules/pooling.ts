import * as ops from "../../ops/index.ts"
import type { Size } from "../size.ts"
import { product } from "../size.ts"
import type { Step } from "../trace.ts"
import type { Value } from "../writer.ts"
import { Formula } from "./elementwise.ts"
import type { Emitter } from "./rule.ts"
import { upTo } from "./rule.ts"
import type { SlidingWindows } from "./sliding.ts"
import { slidingWindows } from "./sliding.ts"

/**
 * A maximum or sum over all places of sliding windows as pooling, null for any other reduction: ONNX's pooling has 1 to
 * 3 spatial dimensions at the end, behind one of examples and one of channels.
 */
export function pooled(step: Step<ops.DimsAttrs>, out: Emitter): Value | null {
  const kind = step.is(ops.maxOp) ? "max" : step.is(ops.sumOp) ? "sum" : null
  const floating = step.dtype === "float32"
  const dims = step.fixed((attrs) => attrs.dims)
  const seen =
    kind === null || !floating ? null : slidingWindows(step.inputs[0]!, out, kind === "max" ? -Infinity : 0)
  if (seen === null || !isPooling(seen, kind === "max", dims)) return null
  const { write } = out
  const { attrs, image } = seen
  const rank = image.shape.length
  const others = upTo(rank).filter((dim) => !attrs.dims.includes(dim))
  const order = [...others, ...attrs.dims]
  const spatial = attrs.dims.map((dim) => image.shape[dim]!)
  const leading = others.map((dim) => image.shape[dim]!)
  const planes = planesOf(leading)
  if (planes === null) return null
  const x = write.reshape(write.transpose(image, order), [...planes, ...spatial])
  const positions = attrs.dims.map((dim) => step.shape[dim]!)
  const result = { type: step.dtype, shape: [...planes, ...positions] }
  const geometry = {
    kernel_shape: attrs.size,
    strides: attrs.stride,
    pads: [...seen.before, ...seen.after],
    ...(kind === "max" ? { dilations: attrs.dilation } : { count_include_pad: 1 }),
  }
  const pool = write.emit(kind === "max" ? "MaxPool" : "AveragePool", [x], result, geometry)
  const f = new Formula(out)
  const places = attrs.size.reduce((n, size) => n * size, 1)
  const all = kind === "max" ? pool : f.apply("Mul", [pool, f.number(pool, places)])
  const back = write.reshape(all, [...leading, ...positions])
  return write.transpose(
    back,
    upTo(rank).map((dim) => order.indexOf(dim)),
  )
}

function isPooling(
  { attrs, image, before, after }: SlidingWindows,
  max: boolean,
  dims: readonly number[],
): boolean {
  const rank = image.shape.length
  const all = dims.length === attrs.size.length && dims.every((dim) => dim >= rank)
  const narrow = attrs.size.every((size, i) => before[i]! < size && after[i]! < size)
  return all && narrow && attrs.size.length <= 3 && (max || attrs.dilation.every((gap) => gap === 1))
}

/** Any number of leading dimensions as two. */
function planesOf(leading: readonly Size[]): readonly Size[] | null {
  if (leading.length === 2) return leading
  const all = product(leading)
  return all === null ? null : [all, 1]
}
