import type { Node } from "../graph/index.ts"
import { Code } from "../kernel/index.ts"
import type { Routine } from "../ops/index.ts"
import { scalarType } from "../ops/index.ts"
import type { LoweredKernel } from "./lowering.ts"

/** The kernel that a routine writes by itself, and the nodes behind its buffers. */
export function lowerRoutine(root: Node, lower: Routine<object>): LoweredKernel {
  const code = new Code()
  const args = root.inputs.map((input) => code.buffer(scalarType(input.aval), input.aval.size, "read"))
  const result = code.buffer(scalarType(root.aval), root.aval.size, "write")
  const inputs = root.inputs.map((input) => input.aval)
  lower.emit({ code, attrs: root.attrs, inputs, output: root.aval, arguments: args, result })
  const kernel = code.finish(root.op.name)
  const scratch = kernel.buffers.slice(root.inputs.length + 1).map(() => null)
  return { kernel, operands: [...root.inputs, root, ...scratch] }
}
