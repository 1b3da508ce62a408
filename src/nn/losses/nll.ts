import type { Tensor } from "../../tensor/index.ts"
import { composed } from "../../tensor/index.ts"
import type { ClassOptions } from "./class-indices.ts"
import { labelLoss } from "./class-indices.ts"

/**
 * Negative log-likelihood of class indices under log-probabilities, such as logSoftmax gives; crossEntropy is this
 * after logSoftmax.
 *
 * ℓₙ = −w[yₙ]·input[n, yₙ]; mean = Σℓₙ / Σw[yₙ]
 *
 * Shapes: input [N, C], [C], or [N, C, d₁, …]; target int32 without the dimension C → [], or the target's shape with
 * `reduction: "none"`.
 *
 * @throws NABLA_SHAPE_MISMATCH when the target does not fit
 * @throws NABLA_LABEL_RANGE for a label outside of 0 … C − 1, when the labels are known; labels that are computed are
 *   not looked at, and a wrong one makes the loss NaN
 *
 * @example nn.nll(tensor([[-0.5, -1]]), tensor([1], { dtype: "int32" })).itemSync() // 1
 */
export const nll = composed(
  "nll",
  (input: Tensor, target: Tensor, options: ClassOptions = {}): Tensor =>
    labelLoss("nll", input, target, options),
)
