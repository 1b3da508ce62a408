import type { Tensor } from "../../tensor/index.ts"
import { clamp, composed, logsigmoid, mul, ne, neg, sub, where } from "../../tensor/index.ts"
import { checkSameShape } from "./check.ts"
import type { LossOptions } from "./reduction.ts"
import { reduce } from "./reduction.ts"

export interface MarginOptions extends LossOptions {
  /** How far the right side has to be ahead; default: see the function. */
  readonly margin?: number
}

/** max(x, 0), with derivative 1 at 0, as PyTorch's losses have it. */
export function aboveZero(x: Tensor): Tensor {
  return clamp(x, { min: 0 })
}

export interface HingeOptions extends MarginOptions {
  /** Whether each loss is squared, which makes it smooth. Default: false. */
  readonly squared?: boolean
}

/**
 * The loss of a support vector machine.
 *
 * ℓᵢ = max(0, margin − yᵢ·xᵢ), or its square; y is −1 or 1; margin 1; loss = mean (or sum) of ℓ
 *
 * Shapes: input and target of one shape → [], or that shape with `reduction: "none"`.
 *
 * Paper: Cortes & Vapnik 1995, Support-vector networks, doi:10.1007/BF00994018.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 *
 * @example nn.hinge(tensor([0.5, -2]), tensor([1, -1])).itemSync() // 0.25
 */
export const hinge = composed(
  "hinge",
  (input: Tensor, target: Tensor, options: HingeOptions = {}): Tensor => {
    const { margin = 1, squared = false, reduction } = options
    checkSameShape("hinge", input, target)
    const losses = aboveZero(sub(margin, mul(target, input)))
    return reduce("hinge", squared ? mul(losses, losses) : losses, reduction)
  },
)

/**
 * For distances: those of similar pairs (y = 1) are made small, those of others (y = −1) at least the margin.
 *
 * ℓᵢ = xᵢ for yᵢ = 1, max(0, margin − xᵢ) for yᵢ = −1; margin 1; loss = mean (or sum) of ℓ
 *
 * Shapes: input and target of one shape → [], or that shape with `reduction: "none"`.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 *
 * @example nn.hingeEmbedding(tensor([0.2, 0.2]), tensor([1, -1]), { reduction: "none" }) // [0.2, 0.8]
 */
export const hingeEmbedding = composed(
  "hingeEmbedding",
  (input: Tensor, target: Tensor, { margin = 1, reduction }: MarginOptions = {}): Tensor => {
    checkSameShape("hingeEmbedding", input, target)
    const apart = where(ne(target, 1), aboveZero(sub(margin, input)), 0)
    const together = where(ne(target, -1), input, 0)
    return reduce("hingeEmbedding", apart.add(together), reduction)
  },
)

/**
 * The logistic loss for labels −1 and 1, without overflow.
 *
 * ℓᵢ = ln(1 + e^(−yᵢ·xᵢ)); loss = mean (or sum) of ℓ
 *
 * Shapes: input and target of one shape → [], or that shape with `reduction: "none"`.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 *
 * @example nn.softMargin(tensor([0, 1000]), tensor([1, -1]), { reduction: "none" }) // [0.6931…, 1000]
 */
export const softMargin = composed(
  "softMargin",
  (input: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor => {
    checkSameShape("softMargin", input, target)
    return reduce("softMargin", neg(logsigmoid(mul(target, input))), reduction)
  },
)
