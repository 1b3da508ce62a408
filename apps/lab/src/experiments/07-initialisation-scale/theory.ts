import { activations, gaussianMean as mean } from "../mean-field.ts"

/** A slope below this share of the steepest counts as saturated. */
export const FLAT = 0.06

/** n·Var[w]: what a layer multiplies the mean square by. */
export function gainOf(scheme: string, sigma: number, width: number): number {
  return scheme === "gaussian" ? sigma ** 2 * width : scheme === "heNormal" ? 2 : 1
}

export interface Expected {
  /** Root mean squares of the activations of each layer. */
  readonly sizes: readonly number[]
  /** Root mean square of the gradient at the first layer's sums, over that at the last one's. */
  readonly gradients: number
  /** Share of saturated units in the last layer. */
  readonly saturated: number
}

/** From layer to layer: q ← gain·E[φ(√q·z)²]; backwards each layer multiplies by gain·E[φ′(√q·z)²]. */
export function expected(activation: string, gain: number, depth: number): Expected {
  const { f, slope } = activations[activation]!
  const sizes: number[] = []
  const slopes: number[] = []
  let [q, saturated] = [gain, 0]
  for (let layer = 0; layer < depth; layer++) {
    const square = mean(q, (x) => f(x) ** 2)
    sizes.push(Math.sqrt(square))
    slopes.push(mean(q, (x) => slope(x) ** 2))
    const steepest = slope(1e-9)
    saturated = mean(q, (x) => (slope(x) < FLAT * steepest ? 1 : 0))
    q = gain * square
  }
  // At the last layer's sums the gradient is given; each layer before has its own slope, and the next one's weights.
  const gradients = slopes.slice(0, -1).reduce((product, square) => product * gain * square, 1)
  return { sizes, gradients: Math.sqrt(gradients), saturated }
}
