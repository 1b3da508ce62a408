import type { Tensor } from "../../tensor/index.ts"
import { add, clamp, composed, customFunction, log, logsigmoid, mul, neg, sub } from "../../tensor/index.ts"
import { checkSameShape } from "./check.ts"
import type { LossOptions } from "./reduction.ts"
import { reduce } from "./reduction.ts"

export interface BceOptions extends LossOptions {
  /** A factor for each element, of a shape that broadcasts to that of the input. Default: 1. */
  readonly weight?: Tensor
}

/** ln x, at least −100: a probability of 0 costs 100, not ∞. */
const boundedLog = (x: Tensor): Tensor => clamp(log(x), { min: -100 })
/** 1e-12 in single precision, as PyTorch has it. */
const LEAST = Math.fround(1e-12)
const complement = (x: Tensor): Tensor => sub(1, x)

/** dℓ/dx = (x − y)/(x·(1 − x)), of which the denominator is at least 1e-12. */
function slope(x: Tensor, y: Tensor): Tensor {
  return sub(x, y).div(clamp(mul(x, complement(x)), { min: LEAST }))
}

/** dℓ/dy */
function targetSlope(x: Tensor): Tensor {
  return sub(boundedLog(complement(x)), boundedLog(x))
}

// The derivative of the bounded logarithm would be 0, or 0·∞, exactly where the prediction is most wrong.
const elements = customFunction({
  forward: (x, y) => neg(add(mul(y!, boundedLog(x!)), mul(complement(y!), boundedLog(complement(x!))))),
  vjp: ([x, y], _, cotangent) => [mul(cotangent, slope(x!, y!)), mul(cotangent, targetSlope(x!))],
  jvp: ([x, y], _, [dx, dy]) => add(mul(dx!, slope(x!, y!)), mul(dy!, targetSlope(x!))),
})

/**
 * Cross-entropy of probabilities against targets in [0, 1]. From logits, bceWithLogits is the more exact way.
 *
 * ℓᵢ = −wᵢ·(yᵢ·ln xᵢ + (1 − yᵢ)·ln(1 − xᵢ)), with logarithms of at least −100; loss = mean (or sum) of ℓ
 *
 * Shapes: input and target of one shape → [], or that shape with `reduction: "none"`. The derivative's denominator
 * x·(1 − x) is at least 1e-12, as in PyTorch.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 *
 * @example nn.bce(tensor([0.5, 0.9]), tensor([1, 1])).itemSync() // 0.3992…
 */
export const bce = composed(
  "bce",
  (input: Tensor, target: Tensor, { weight, reduction }: BceOptions = {}): Tensor => {
    checkSameShape("bce", input, target)
    const losses = elements(input, target.to(input.dtype))
    return reduce("bce", weight === undefined ? losses : mul(losses, weight), reduction)
  },
)

export interface BceWithLogitsOptions extends BceOptions {
  /** A factor for the positive part, which broadcasts: more than 1 weighs recall higher. Default: 1. */
  readonly posWeight?: Tensor
}

/**
 * Cross-entropy of sigmoid(input) against targets in [0, 1], computed from logits without overflow.
 *
 * ℓᵢ = −wᵢ·(pᵢ·yᵢ·ln σ(xᵢ) + (1 − yᵢ)·ln σ(−xᵢ)), p = posWeight; loss = mean (or sum) of ℓ
 *
 * Shapes: input and target of one shape → [], or that shape with `reduction: "none"`.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 *
 * @example nn.bceWithLogits(tensor([0, 100]), tensor([1, 1])).itemSync() // 0.3465…
 */
export const bceWithLogits = composed(
  "bceWithLogits",
  (input: Tensor, target: Tensor, options: BceWithLogitsOptions = {}): Tensor => {
    const { weight, posWeight, reduction } = options
    checkSameShape("bceWithLogits", input, target)
    const positive = mul(target, logsigmoid(input))
    const negative = mul(complement(target), logsigmoid(neg(input)))
    const losses = neg(add(posWeight === undefined ? positive : mul(positive, posWeight), negative))
    return reduce("bceWithLogits", weight === undefined ? losses : mul(losses, weight), reduction)
  },
)
