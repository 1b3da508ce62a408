import { zeros } from "../../tensor/index.ts"
import { calculateFanInAndFanOut, uniform_ } from "../init/index.ts"
import { Parameter } from "../parameter.ts"

/** The bias that belongs to a weight [outputs, inputs, …]: one value for each output, from U(±1/√fanIn). */
export function biasLike(weight: Parameter, outputs: number = weight.shape[0]!): Parameter {
  const [fanIn] = calculateFanInAndFanOut(weight)
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0
  const bias = new Parameter(zeros([outputs], { dtype: weight.dtype }))
  uniform_(bias, { a: -bound, b: bound })
  return bias
}
