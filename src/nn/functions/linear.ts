import { formatShape, NablaError, sameShape } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { add, composed, einsum, matmul, reshape } from "../../tensor/index.ts"

/**
 * input·weightᵀ + bias, over the last dimension: input [*, in], weight [out, in], bias [out] → [*, out].
 *
 * @throws NABLA_SHAPE_MISMATCH when the last dimension of the input is not that of the weight
 */
export const linear = composed(
  "linear",
  (input: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor => {
    checkLastDim("linear", input, weight.shape.at(-1))
    const product = matmul(input, weight.t())
    return bias === null ? product : add(product, bias)
  },
)

/**
 * outₖ = input1ᵀ·weightₖ·input2 + biasₖ, over the last dimensions: input1 [*, in1], input2 [*, in2], weight [out, in1,
 * in2], bias [out] → [*, out].
 *
 * @throws NABLA_SHAPE_MISMATCH when the inputs do not fit the weight or each other
 */
export const bilinear = composed(
  "bilinear",
  (input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor => {
    const [out, in1, in2] = weight.shape as [number, number, number]
    checkLastDim("bilinear", input1, in1)
    checkLastDim("bilinear", input2, in2)
    const batch = input1.shape.slice(0, -1)
    if (!sameShape(batch, input2.shape.slice(0, -1))) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the two inputs differ in their leading dimensions",
        where: "bilinear",
        expected: `[${[...batch, in2].join(", ")}]`,
        got: formatShape(input2.shape),
      })
    }
    const product = einsum("ni,oij,nj->no", reshape(input1, [-1, in1]), weight, reshape(input2, [-1, in2]))
    const shaped = reshape(product, [...batch, out])
    return bias === null ? shaped : add(shaped, bias)
  },
)

function checkLastDim(where: string, input: Tensor, features: number | undefined): void {
  const got = input.shape.at(-1)
  if (got === features) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: `expected last dimension ${features}, got ${got ?? "none"}`,
    where,
    expected: `an input of shape [*, ${features}]`,
    got: formatShape(input.shape),
  })
}
