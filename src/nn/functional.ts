import { formatShape, NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { add, composed, matmul } from "../tensor/index.ts"

/**
 * input·weightᵀ + bias, over the last dimension: input [*, in], weight [out, in], bias [out] → [*, out].
 *
 * @throws NABLA_SHAPE_MISMATCH when the last dimension of the input is not that of the weight
 */
export const linear = composed(
  "linear",
  (input: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor => {
    const features = weight.shape.at(-1)
    const got = input.shape.at(-1)
    if (got !== features) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: `expected last dimension ${features}, got ${got ?? "none"}`,
        where: "linear",
        expected: `an input of shape [*, ${features}]`,
        got: formatShape(input.shape),
      })
    }
    const product = matmul(input, weight.t())
    return bias === null ? product : add(product, bias)
  },
)

export type { ConvOptions, MaxPoolOptions } from "../tensor/index.ts"
export { conv2d, flatten, logSoftmax, maxPool2d, relu, sigmoid, softmax, tanh } from "../tensor/index.ts"
export * from "./losses/index.ts"
