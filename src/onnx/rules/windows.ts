import * as ops from "../../ops/index.ts"
import { isKnown } from "../size.ts"
import { transposedConvolution } from "./convolution.ts"
import type { RuleEntry } from "./rule.ts"
import { resultOf, rule, upTo } from "./rule.ts"

/** Which element of a line is at which place of which window, row by row. */
function placesOf(positions: number, size: number, stride: number, dilation: number): number[] {
  return upTo(positions).flatMap((p) => upTo(size).map((k) => p * stride + k * dilation))
}

export const windowRules: readonly RuleEntry[] = [
  rule(ops.windowsOp, (step, out) => {
    const { dims, size, stride, dilation } = step.fixed((attrs) => attrs)
    const { write } = out
    let x = out.full(step.inputs[0]!)
    for (const [i, dim] of dims.entries()) {
      const positions = step.shape[dim]!
      if (!isKnown(positions)) return null
      const table = placesOf(positions, size[i]!, stride[i]!, dilation[i]!)
      const shape = [...x.shape.slice(0, dim), positions, size[i]!, ...x.shape.slice(dim + 1)]
      const places = write.integers(table, [positions, size[i]!])
      const split = write.emit("Gather", [x, places], { type: x.type, shape }, { axis: dim })
      const order = upTo(shape.length).filter((at) => at !== dim + 1)
      x = write.transpose(split, [...order, dim + 1])
    }
    return x
  }),
  rule(ops.foldOp, (step, out) => {
    const convolution = transposedConvolution(step, out)
    if (convolution !== null) return convolution
    if (step.dtype !== "float32" && step.dtype !== "float64") return null
    const { dims, size, stride, dilation } = step.fixed(({ shape: _, ...attrs }) => attrs)
    const { write } = out
    let x = out.full(step.inputs[0]!)
    const rank = step.shape.length
    // The last place first, so that the numbers of the others stay.
    for (const i of upTo(dims.length).reverse()) {
      const [dim, length] = [dims[i]!, step.shape[dims[i]!]!]
      const positions = x.shape[dim]!
      if (!isKnown(positions) || !isKnown(length)) return null
      const order = upTo(x.shape.length).filter((at) => at !== dim && at !== rank + i)
      const apart = write.transpose(x, [...order, dim, rank + i])
      const lead = order.map((at) => x.shape[at]!)
      const lines = write.reshape(apart, [...lead, positions * size[i]!])
      // A product with ones where an element goes.
      const table = placesOf(positions, size[i]!, stride[i]!, dilation[i]!)
      const ones = table.flatMap((at) => upTo(length).map((place) => (place === at ? 1 : 0)))
      const where = write.constant(step.dtype, ones, [table.length, length])
      const sums = write.emit("MatMul", [lines, where], { type: step.dtype, shape: [...lead, length] })
      const last = lead.length
      x = write.transpose(sums, [...upTo(dim), last, ...upTo(last).slice(dim)])
    }
    return { ...x, ...resultOf(step) }
  }),
]
