import * as ops from "../../ops/index.ts"
import { inexpressible } from "../errors.ts"
import type { Size } from "../size.ts"
import { product } from "../size.ts"
import type { Step } from "../trace.ts"
import { convolution, factorsOf } from "./convolution.ts"
import type { RuleEntry } from "./rule.ts"
import { resultOf, rule } from "./rule.ts"

/** Sizes of several dimensions as that of one. */
function joinedSize(step: Step, sizes: readonly Size[]): Size {
  const all = product(sizes)
  if (all === null) throw inexpressible(step, "a product has the batch in two of its dimensions")
  return all
}

export const productRules: readonly RuleEntry[] = [
  rule(ops.dotOp, (step, out) => {
    const conv = convolution(step, out)
    if (conv !== null) return conv
    const { write } = out
    const [lhs, rhs] = factorsOf(step)
    const sizes = (of: Step, dims: readonly number[]): Size[] => dims.map((dim) => of.shape[dim]!)
    const batch = sizes(lhs.step, lhs.batch)
    const depth = joinedSize(step, sizes(lhs.step, lhs.contract))
    const [rows, columns] = [sizes(lhs.step, lhs.free), sizes(rhs.step, rhs.free)]
    // ONNX lets the left factor have any number of rows' dimensions where there is no batch.
    const height = batch.length === 0 && rows.length > 0 ? rows : [joinedSize(step, rows)]
    const width = joinedSize(step, columns)
    const left = write.transpose(out.full(lhs.step), [...lhs.batch, ...lhs.free, ...lhs.contract])
    const right = write.transpose(out.full(rhs.step), [...rhs.batch, ...rhs.contract, ...rhs.free])
    const all = write.emit(
      "MatMul",
      [write.reshape(left, [...batch, ...height, depth]), write.reshape(right, [...batch, depth, width])],
      { type: step.dtype, shape: [...batch, ...height, width] },
    )
    return { ...write.reshape(all, step.shape), ...resultOf(step) }
  }),
]
