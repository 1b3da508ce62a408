import type { Tensor } from "../../tensor/index.ts"
import { relu as reluOf, sigmoid as sigmoidOf, tanh as tanhOf } from "../../tensor/index.ts"
import { Module } from "../module.ts"

/**
 * The rectifier.
 *
 * relu(x) = max(x, 0)
 *
 * Any shape. Values in [0, ∞); the derivative is 0 for x ≤ 0, where a unit learns nothing, and 1 above. One comparison
 * an element.
 *
 * @example nn.relu().forward(tensor([-1, 2])) // [0, 2]
 */
export class ReLU extends Module {
  override forward(input: Tensor): Tensor {
    return reluOf(input)
  }
}

/**
 * The hyperbolic tangent.
 *
 * tanh(x) = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)
 *
 * Any shape. Values in (−1, 1), centred; the derivative 1 − tanh² falls below 0.01 beyond |x| = 3 (saturation).
 *
 * @example nn.tanh().forward(tensor([0, 100])) // [0, 1]
 */
export class Tanh extends Module {
  override forward(input: Tensor): Tensor {
    return tanhOf(input)
  }
}

/**
 * The logistic function.
 *
 * sigmoid(x) = 1/(1 + e⁻ˣ)
 *
 * Any shape. Values in (0, 1); the derivative is at most ¼ and falls below 0.01 beyond |x| = 4.6 (saturation).
 *
 * @example nn.sigmoid().forward(tensor([0])) // [0.5]
 */
export class Sigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return sigmoidOf(input)
  }
}

/** Its argument, unchanged: a place holder where a layer may stand. */
export class Identity extends Module {
  override forward(input: Tensor): Tensor {
    return input
  }
}

export const relu = (): ReLU => new ReLU()
export const tanh = (): Tanh => new Tanh()
export const sigmoid = (): Sigmoid => new Sigmoid()
export const identity = (): Identity => new Identity()
