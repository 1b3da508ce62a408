import * as ops from "../../ops/index.ts"
import { isKnown, minus } from "../size.ts"
import type { Step } from "../trace.ts"
import type { Value } from "../writer.ts"
import type { Emitter } from "./rule.ts"
import { upTo } from "./rule.ts"

/** Windows that a convolution or pooling reads: of an image, with what surrounds it. */
export interface SlidingWindows {
  readonly attrs: ops.WindowAttrs
  readonly image: Value
  /** Elements around the image, for each of the window's dimensions. */
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** The windows that a step consists of, null if it is something else. `filled`: what may stand around the image. */
export function slidingWindows(step: Step, out: Emitter, filled: number): SlidingWindows | null {
  if (!step.is(ops.windowsOp)) return null
  const attrs = step.fixed((all) => all)
  const none = attrs.dims.map(() => 0)
  const [inner] = step.inputs as [Step]
  const plain = { attrs, image: out.full(inner), before: none, after: none }
  if (!inner.is(ops.padOp)) return plain
  const low = inner.sizes((pad) => pad.low)
  const gaps = inner.fixed((pad) => pad.interior)
  if (inner.fixed((pad) => String(pad.value)) !== String(filled) || gaps.some((gap) => gap > 0)) return plain
  const [image] = inner.inputs as [Step]
  const high = inner.shape.map((size, dim) => minus(minus(size, low[dim]!), image.shape[dim]!))
  const others = upTo(low.length).filter((dim) => !attrs.dims.includes(dim))
  if (others.some((dim) => low[dim] !== 0 || high[dim] !== 0)) return plain
  const before = attrs.dims.map((dim) => low[dim]!)
  const after = attrs.dims.map((dim) => high[dim]!)
  const known = [...before, ...after].every((width) => isKnown(width) && width >= 0)
  if (!known) return plain
  return { attrs, image: out.full(image), before: before as number[], after: after as number[] }
}
