/** What is expected of an infinitely wide net: plain arithmetic, so that the page can hold the run to it. */

interface Activation {
  readonly f: (x: number) => number
  readonly slope: (x: number) => number
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

const activations: Readonly<Record<string, Activation>> = {
  tanh: { f: Math.tanh, slope: (x) => 1 - Math.tanh(x) ** 2 },
  relu: { f: (x) => Math.max(0, x), slope: (x) => (x > 0 ? 1 : 0) },
  sigmoid: { f: sigmoid, slope: (x) => sigmoid(x) * (1 - sigmoid(x)) },
  linear: { f: (x) => x, slope: () => 1 },
}

/** A slope below this share of the steepest counts as saturated. */
export const FLAT = 0.06

/** E[f(√q·z)] for a normal z, by the trapezoid rule. */
function mean(q: number, f: (x: number) => number): number {
  const [reach, parts] = [8, 4000]
  let sum = 0
  for (let i = 0; i <= parts; i++) {
    const z = ((2 * i) / parts - 1) * reach
    sum += f(Math.sqrt(q) * z) * Math.exp((-z * z) / 2)
  }
  return (sum * 2 * reach) / parts / Math.sqrt(2 * Math.PI)
}

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
