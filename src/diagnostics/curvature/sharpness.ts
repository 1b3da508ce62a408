import type { Objective } from "../objective.ts"
import { hessianOf, type SymmetricOperator } from "./operator.ts"
import { dot } from "./vector.ts"

export interface GradientSharpness {
  readonly loss: number
  readonly gradientNorm: number
  /** gᵀ·H·g / |g|²: the curvature that a step of gradient descent meets. */
  readonly sharpness: number
  /**
   * The rate that is best for one step by the quadratic model, 1 / sharpness; twice that leaves the loss as it is. Infinite
   * where the loss does not curve upwards.
   */
  readonly bestRate: number
}

/**
 * The curvature along the gradient: one gradient and one product.
 *
 *     L(θ − η·g) ≈ L − η·|g|² + ½·η²·gᵀ·H·g
 */
export async function sharpnessAlongGradient(
  objective: Objective,
  hessian: SymmetricOperator = hessianOf(objective),
): Promise<GradientSharpness> {
  const { loss, gradient } = await objective.gradient()
  const square = dot(gradient, gradient)
  const sharpness = square === 0 ? 0 : dot(gradient, await hessian.product(gradient)) / square
  return {
    loss,
    gradientNorm: Math.sqrt(square),
    sharpness,
    bestRate: sharpness > 0 ? 1 / sharpness : Infinity,
  }
}
