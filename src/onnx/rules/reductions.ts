import type { Op } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { pooled } from "./pooling.ts"
import type { RuleEntry } from "./rule.ts"
import { resultOf, rule } from "./rule.ts"

/** A reduction along dimensions; ONNX reduces no truth values. */
function reduction<A extends ops.DimsAttrs>(op: Op<A>, name: string): RuleEntry {
  return rule(op, (step, out) => {
    const pool = pooled(step, out)
    if (pool !== null) return pool
    const { write } = out
    const x = out.full(step.inputs[0]!)
    const numbers = write.cast(x, x.type === "bool" ? "int32" : x.type)
    const axes = write.integers(step.fixed(({ dims }) => dims))
    const shape = { type: numbers.type, shape: step.shape }
    return write.cast(write.emit(name, [numbers, axes], shape, { keepdims: 0 }), step.dtype)
  })
}

export const reductionRules: readonly RuleEntry[] = [
  reduction(ops.sumOp, "ReduceSum"),
  reduction(ops.maxOp, "ReduceMax"),
  reduction(ops.minOp, "ReduceMin"),
  reduction(ops.prodOp, "ReduceProd"),
  rule(ops.cumsumOp, (step, out) => {
    const { dim, reverse } = step.fixed((attrs) => attrs)
    const inputs = [out.full(step.inputs[0]!), out.write.scalarInteger(dim)]
    return out.write.emit("CumSum", inputs, resultOf(step), { reverse: reverse ? 1 : 0 })
  }),
  rule(ops.argsortOp, (step, out) => {
    const { dim, descending } = step.fixed((attrs) => attrs)
    const x = out.full(step.inputs[0]!)
    const inputs = [x.type === "bool" ? out.write.cast(x, "int32") : x, out.write.sizes([x.shape[dim]!])]
    const places = { type: "int64", shape: step.shape } as const
    const order = { axis: dim, largest: descending ? 1 : 0, sorted: 1 }
    return out.write.cast(out.write.emitSecond("TopK", inputs, places, order), "int32")
  }),
]
