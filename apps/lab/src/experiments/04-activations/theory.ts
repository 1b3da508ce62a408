import { erf, tensor } from "nabla"
import { type Activation, evaluate } from "./activations.ts"

/**
 * What is expected of a wide net with random weights, by mean-field theory: in the limit the sums of a layer are jointly
 * normal over its units, so that a layer is two numbers, the mean square q of a sum and its covariance a between two
 * inputs. A net of finite width wanders about that; how far is computed too, to first order.
 */

/** Intervals of arguments where the function is flat. */
type Intervals = readonly (readonly [from: number, to: number])[]

export interface Net {
  readonly f: Activation
  readonly flat: Intervals
  /** n times the variance of a weight. */
  readonly gain: number
  /** Of the inputs. */
  readonly sigma: number
  readonly depth: number
  readonly width: number
  /** Inputs that go through at once. */
  readonly batch: number
}

export interface Expected {
  /** Root mean square of the gradient at the sums of each layer, over that of the last; none where nothing arrives. */
  readonly gradients: readonly number[]
  /** By how much the logarithm of the first of them wanders from net to net: a standard deviation. */
  readonly wander: number
  /** By how much it does for single inputs, whose sums differ in size. Its square is what first order leaves out. */
  readonly alone: number
  /** Share of dead units in each layer that something arrives at. */
  readonly dead: readonly number[]
  /** By how much that of the last layer wanders from net to net. */
  readonly deadWander: number
}

interface Grid {
  readonly at: Float64Array
  readonly weight: Float64Array
}

/** Midpoints of equal parts, moved by a share of a part, with their shares of a standard normal distribution. */
function normalGrid(parts: number, moved = 0): Grid {
  const reach = 7
  const at = Float64Array.from({ length: parts }, (_, i) => ((2 * (i + moved) + 1) / parts - 1) * reach)
  const density = at.map((z) => Math.exp((-z * z) / 2))
  const total = density.reduce((sum, share) => sum + share, 0)
  return { at, weight: density.map((share) => share / total) }
}

const [SHARED, OWN] = [40, 240]

/** What a unit has in common for all inputs. */
const shared = normalGrid(SHARED)

/** What each input adds of its own: a grid for each s, none like another, so that together they find kinks and jumps. */
const own = Array.from(shared.at, (_, i) => {
  // Evenly spread, by the golden section, and symmetric about 0.
  const moved = ((Math.min(i, SHARED - 1 - i) * 0.6180339887) % 1) - 0.5
  return normalGrid(OWN, 2 * i < SHARED ? moved : -moved)
})

/** The standard deviation of f(z)² for z ~ N(0, σ²). */
export function spreadOfSquare(f: Activation, sigma: number): number {
  const { at, weight } = normalGrid(2000)
  const { values } = evaluate(
    f,
    at.map((z) => sigma * z),
  )
  const moment = (power: number): number => values.reduce((sum, y, i) => sum + weight[i]! * y ** power, 0)
  return Math.sqrt(moment(4) - moment(2) ** 2)
}

/** A layer in the limit: its sums are z = √q·(√c·s + √(1−c)·e) with s, e standard normal and c = a/q. */
interface Layer {
  readonly q: number
  readonly a: number
  /** f(z) and f′(z), for each s a row over e. */
  readonly values: Float64Array
  readonly slopes: Float64Array
  /** E f(z)², the mean over s of E[f(z) | s]², and E f′(z)². */
  readonly square: number
  readonly common: number
  readonly slope: number
  /** Derivatives by q: of the square, of the common part, and of the slope's logarithm. */
  readonly byQ: { readonly square: number; readonly common: number; readonly slope: number }
  /** Derivative of the common part by a. */
  readonly byA: number
}

/** Square roots of what inputs have in common, and of what they do not. */
function parts(q: number, a: number): [together: number, apart: number] {
  const c = Math.min(1, Math.max(0, a / q))
  return [Math.sqrt(q * c), Math.sqrt(q * Math.max(1 - c, 1e-12))]
}

function lookAt(f: Activation, q: number, a: number): Layer {
  const [together, apart] = parts(q, a)
  const z = new Float64Array(SHARED * OWN)
  for (const [i, s] of shared.at.entries()) {
    for (const [j, e] of own[i]!.at.entries()) z[i * OWN + j] = together * s + apart * e
  }
  const { values, slopes } = evaluate(f, z)
  const sum = { square: 0, common: 0, slope: 0, growth: 0, steepening: 0, commonGrowth: 0, byA: 0 }
  for (const [i, ws] of shared.weight.entries()) {
    const { at, weight } = own[i]!
    const row = { mean: 0, tilt: 0, bend: 0 }
    for (const [j, e] of at.entries()) {
      const [y, steep, we] = [values[i * OWN + j]!, slopes[i * OWN + j]! ** 2, weight[j]!]
      const score = z[i * OWN + j]! ** 2 / q - 1
      row.mean += we * y
      row.tilt += we * y * e
      row.bend += we * y * (e * e - 1)
      sum.square += ws * we * y * y
      sum.growth += ws * we * y * y * score
      sum.slope += ws * we * steep
      sum.steepening += ws * we * steep * score
    }
    // Integrated by parts, E[f′ | s] and E[f′·z | s] need no derivative of what may jump.
    const [slope, growth] = [row.tilt / apart, (together * shared.at[i]! * row.tilt) / apart + row.bend]
    sum.common += ws * row.mean ** 2
    sum.byA += ws * slope ** 2
    sum.commonGrowth += ws * row.mean * growth
  }
  const byQ = {
    square: sum.growth / (2 * q),
    // Scaling z scales q and a alike.
    common: (sum.commonGrowth - a * sum.byA) / q,
    slope: sum.steepening / (2 * q * sum.slope),
  }
  return { q, a, values, slopes, square: sum.square, common: sum.common, slope: sum.slope, byQ, byA: sum.byA }
}

/** The share of units that are in a flat interval for all inputs of a batch. */
function deadShare(q: number, a: number, flat: Intervals, batch: number): number {
  const [together, apart] = parts(q, a)
  const below = (edge: number): ArrayLike<number> => {
    const at = shared.at.map((s) => (edge - together * s) / apart / Math.SQRT2)
    return erf(
      tensor(
        at.map((x) => Math.min(9, Math.max(-9, x))),
        { dtype: "float64" },
      ),
    ).dataSync()
  }
  const inside = new Float64Array(SHARED)
  for (const [from, to] of flat) {
    const [low, high] = [below(from), below(to)]
    for (let i = 0; i < SHARED; i++) inside[i]! += (high[i]! - low[i]!) / 2
  }
  return inside.reduce((sum, share, i) => sum + shared.weight[i]! * Math.min(1, share) ** batch, 0)
}

/**
 * The variance, times the width, of a mean over the units of layer: α·f² + β·(mean of f over the batch)² + γ·f′²ξ², with
 * ξ the gradient that arrives, which is normal and of its own for each input.
 */
function noise({ values, slopes }: Layer, alpha: number, beta: number, gamma: number, batch: number): number {
  let [first, second, within] = [0, 0, 0]
  for (const [i, ws] of shared.weight.entries()) {
    const { weight } = own[i]!
    const mean = weight.reduce((sum, we, j) => sum + we * values[i * OWN + j]!, 0)
    let [term, square] = [0, 0]
    for (const [j, we] of weight.entries()) {
      const [y, steep] = [values[i * OWN + j]!, slopes[i * OWN + j]! ** 2]
      const change = alpha * y * y + 2 * beta * mean * y + gamma * steep
      term += we * change
      square += we * (change * change + 2 * gamma * gamma * steep * steep)
    }
    within += ws * (square - term * term)
    const total = term - beta * mean * mean
    first += ws * total
    second += ws * total * total
  }
  return second - first * first + within / batch
}

/** What a deviation is of: the last layer's state, and with it the slopes before, where q has taken them, or all of them. */
type Of = "state" | "taken" | "slopes"

/** Standard deviation of what depends on the last layer's q and a by `last`, and on the slopes before it where asked. */
function wander(
  layers: readonly Layer[],
  last: readonly [q: number, a: number],
  of: Of,
  { gain, width, batch }: Net,
): number {
  let [q, a] = last
  let variance = 0
  for (const layer of layers.slice(0, -1).reverse()) {
    const [alpha, beta] = [gain * q, gain * a]
    variance += noise(layer, alpha, beta, of === "slopes" ? 1 / layer.slope : 0, batch) / width
    const { byQ, byA } = layer
    q = alpha * byQ.square + beta * byQ.common + (of === "state" ? 0 : byQ.slope)
    a = beta * byA
  }
  return Math.sqrt(variance)
}

/** Below this mean square nothing is left to compute with. */
const NOTHING = 1e-140

export function expected(net: Net): Expected {
  const { f, flat, gain, sigma, depth, width, batch } = net
  const layers: Layer[] = []
  // Inputs are independent of one another.
  let [q, a] = [gain * sigma ** 2, 0]
  for (let i = 0; i < depth && q > NOTHING; i++) {
    const layer = lookAt(f, q, a)
    layers.push(layer)
    q = gain * layer.square
    a = gain * layer.common
  }
  const dead = layers.map((layer) => deadShare(layer.q, layer.a, flat, batch))
  if (layers.length < depth)
    return { gradients: [], wander: Infinity, alone: Infinity, dead, deadWander: Infinity }
  const squares = [1]
  for (const { slope } of layers.slice(0, -1).reverse()) squares.unshift(squares[0]! * gain * slope)
  const end = layers.at(-1)!
  const small = 1e-3 * end.q
  const [byQ, byA] = [
    deadShare(end.q + small, end.a, flat, batch),
    deadShare(end.q, end.a + small, flat, batch),
  ]
  const share = dead.at(-1)!
  const drift = wander(layers, [(byQ - share) / small, (byA - share) / small], "state", net)
  return {
    gradients: squares.map(Math.sqrt),
    wander: wander(layers, [0, 0], "slopes", net) / 2,
    alone: wander(layers, [0, 0], "taken", { ...net, batch: 1 }) / 2,
    dead,
    deadWander: Math.sqrt(drift ** 2 + (share * (1 - share)) / width),
  }
}
