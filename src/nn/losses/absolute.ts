import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { abs, composed, lt, mul, sub, where } from "../../tensor/index.ts"
import { checkAtLeast, checkSameShape } from "./check.ts"
import type { LossOptions } from "./reduction.ts"
import { reduce } from "./reduction.ts"

/**
 * Absolute error, whose minimum is the median rather than the mean: outliers pull no harder than others.
 *
 * ℓᵢ = |inputᵢ − targetᵢ|; loss = mean (or sum) of ℓ. The derivative at 0 is 0.
 *
 * Shapes: input and target of one shape → [], or that shape with `reduction: "none"`.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 *
 * @example nn.l1(tensor([1, -2]), tensor([0, 0])).itemSync() // 1.5
 */
export const l1 = composed("l1", (input: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor => {
  checkSameShape("l1", input, target)
  return reduce("l1", abs(sub(input, target)), reduction)
})

export interface SmoothL1Options extends LossOptions {
  /** Distance from which on the error counts linearly; 0 makes it l1. Default: 1. */
  readonly beta?: number
}

/**
 * Squared error near 0 and absolute error beyond, with slope ±1 there.
 *
 * ℓᵢ = d²/(2β) for |d| < β, |d| − β/2 otherwise, with d = inputᵢ − targetᵢ; loss = mean (or sum) of ℓ.
 *
 * Shapes: input and target of one shape → [], or that shape with `reduction: "none"`.
 *
 * Paper: Girshick 2015, Fast R-CNN, arXiv:1504.08083v2.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 * @throws NABLA_INVALID_ARGUMENT for a negative beta
 *
 * @example nn.smoothL1(tensor([0.5, 3]), tensor([0, 0]), { reduction: "none" }) // [0.125, 2.5]
 */
export const smoothL1 = composed(
  "smoothL1",
  (input: Tensor, target: Tensor, { beta = 1, reduction }: SmoothL1Options = {}): Tensor => {
    checkAtLeast("smoothL1", "beta", beta, 0)
    checkSameShape("smoothL1", input, target)
    const difference = sub(input, target)
    const distance = abs(difference)
    if (beta === 0) return reduce("smoothL1", distance, reduction)
    const near = mul(mul(difference, difference), 0.5 / beta)
    return reduce("smoothL1", where(lt(distance, beta), near, sub(distance, beta / 2)), reduction)
  },
)

export interface HuberOptions extends LossOptions {
  /** Distance from which on the error counts linearly. Default: 1. */
  readonly delta?: number
}

/**
 * Squared error near 0 and absolute error beyond, with slope ±δ there: δ·smoothL1 with β = δ.
 *
 * ℓᵢ = d²/2 for |d| < δ, δ·(|d| − δ/2) otherwise, with d = inputᵢ − targetᵢ; loss = mean (or sum) of ℓ.
 *
 * Shapes: input and target of one shape → [], or that shape with `reduction: "none"`.
 *
 * Paper: Huber 1964, Robust estimation of a location parameter, doi:10.1214/aoms/1177703732.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 * @throws NABLA_INVALID_ARGUMENT for a delta that is not positive
 *
 * @example nn.huber(tensor([0.5, 3]), tensor([0, 0]), { delta: 2, reduction: "none" }) // [0.125, 4]
 */
export const huber = composed(
  "huber",
  (input: Tensor, target: Tensor, { delta = 1, reduction }: HuberOptions = {}): Tensor => {
    if (!(delta > 0)) throw notPositive(delta)
    checkSameShape("huber", input, target)
    const difference = sub(input, target)
    const distance = abs(difference)
    const near = mul(mul(difference, difference), 0.5)
    const far = mul(sub(distance, delta / 2), delta)
    return reduce("huber", where(lt(distance, delta), near, far), reduction)
  },
)

function notPositive(delta: number): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "delta is a distance",
    where: "huber",
    expected: "a number > 0",
    got: String(delta),
  })
}
