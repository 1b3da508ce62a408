import type { Tensor } from "../../tensor/index.ts"
import { composed, sub } from "../../tensor/index.ts"
import { checkSameShape } from "./check.ts"
import type { LossOptions } from "./reduction.ts"
import { reduce } from "./reduction.ts"

/**
 * Squared error.
 *
 * ℓᵢ = (inputᵢ − targetᵢ)²; loss = mean (or sum) of ℓ
 *
 * Shapes: input and target of one shape → [], or that shape with `reduction: "none"`. PyTorch broadcasts them with a
 * warning; here it is an error, since [N] against [N, 1] makes N² differences that nobody meant.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 *
 * @example nn.mse(tensor([1, 2]), tensor([0, 0])).itemSync() // 2.5
 */
export const mse = composed(
  "mse",
  (input: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor => {
    checkSameShape("mse", input, target)
    const difference = sub(input, target)
    return reduce("mse", difference.mul(difference), reduction)
  },
)
