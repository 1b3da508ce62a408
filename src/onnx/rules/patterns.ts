import * as ops from "../../ops/index.ts"
import type { Step } from "../trace.ts"
import type { Value } from "../writer.ts"
import { broadcasting, Formula } from "./elementwise.ts"
import type { Emitter, RuleEntry } from "./rule.ts"
import { resultOf, rule } from "./rule.ts"

/** What was reduced along one dimension and stretched out along it again. */
function spreadOf(step: Step): Step {
  let inner = step
  while (inner.is(ops.expandOp) || inner.is(ops.reshapeOp)) inner = inner.inputs[0]!
  return inner
}

/** The dimension along which a step is the same everywhere because it was stretched out from size 1. */
function isSpreadAlong(step: Step, dim: number): boolean {
  if (!step.is(ops.expandOp)) return false
  const [from] = step.inputs as [Step]
  const offset = step.shape.length - from.shape.length
  return dim < offset || from.shape[dim - offset] === 1
}

/** eᶻ, and the dimension along which `sum` adds it up; null when it is something else. */
function exponentials(sum: Step): { z: Step; exp: Step; dim: number } | null {
  if (!sum.is(ops.sumOp)) return null
  const [exp] = sum.inputs as [Step]
  const dims = sum.fixed((attrs) => attrs.dims)
  if (!exp.is(ops.expOp) || dims.length !== 1) return null
  return { z: exp.inputs[0]!, exp, dim: dims[0]! }
}

/** The argument of a softmax: what is subtracted alike from all elements of a row changes nothing. */
function unshifted(z: Step, dim: number): Step {
  return z.is(ops.subOp) && isSpreadAlong(z.inputs[1]!, dim) ? z.inputs[0]! : z
}

function written(step: Step, out: Emitter, name: string, z: Step, dim: number): Value {
  return out.write.emit(name, [out.full(unshifted(z, dim))], resultOf(step), { axis: dim })
}

const choice: RuleEntry[1] = (step, out) => {
  const [condition, a, b] = step.inputs.map((input) => out.value(input))
  return new Formula(out).where(condition!, a!, b!)
}

/** Whether a step is the number 0, stretched out or not. */
function isZero(step: Step): boolean {
  const inner = spreadOf(step)
  return inner.is(ops.constantOp) && inner.fixed(({ value }) => String(value)) === "0"
}

/** Compositions that ONNX has an operation of its own for: the rules of their last steps. */
export const patternRules: readonly RuleEntry[] = [
  // x ≤ 0 ? 0 : x
  rule(ops.whereOp, (step, out) => {
    const [condition, zero, x] = step.inputs as [Step, Step, Step]
    const [left, right] = condition.inputs
    const matches = condition.is(ops.leOp) && left === x && isZero(right!) && isZero(zero)
    if (!matches || step.dtype === "int32") return choice(step, out)
    return out.write.emit("Relu", [out.value(x)], { type: step.dtype, shape: out.value(x).shape })
  }),
  // eᶻ / Σ eᶻ
  rule(ops.divOp, (step, out) => {
    const [above, below] = step.inputs as [Step, Step]
    const found = exponentials(spreadOf(below))
    const matches = found !== null && found.exp === above && isSpreadAlong(below, found.dim)
    return matches ? written(step, out, "Softmax", found.z, found.dim) : broadcasting("Div")(step, out)
  }),
  // z − ln Σ eᶻ
  rule(ops.subOp, (step, out) => {
    const [z, shift] = step.inputs as [Step, Step]
    const log = spreadOf(shift)
    const found = log.is(ops.logOp) ? exponentials(log.inputs[0]!) : null
    const matches = found !== null && found.z === z && isSpreadAlong(shift, found.dim)
    return matches ? written(step, out, "LogSoftmax", z, found.dim) : broadcasting("Sub")(step, out)
  }),
]
