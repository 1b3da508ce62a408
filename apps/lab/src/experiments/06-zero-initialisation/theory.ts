import { ENOUGH } from "./controls.ts"

/**
 * What the lowest order of the loss says about leaving zero. Near zero tanh does nothing, and biases have no slope when
 * both classes are equally frequent. What a net of h hidden layers computes is then one product, and only the data's
 * mean of t·x, in whose direction the classes lie apart, pulls at it:
 *
 *     f(x) = q·u,   q = v·W_h⋯W₂·z,   u = m·x/|m|,   z = W₁·m/|m|,   m = mean of t·x
 */

/** Points on the line between the classes: u, and t = ±1. */
export interface Line {
  readonly u: readonly number[]
  readonly t: readonly number[]
  /** |m| */
  readonly pull: number
  /** m/|m| */
  readonly direction: readonly [number, number]
}

export function lineOf(
  points: readonly { readonly x: number; readonly y: number; readonly label: number }[],
): Line {
  const mean = (of: (point: (typeof points)[number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const m = [mean(({ x, label }) => label * x), mean(({ y, label }) => label * y)] as const
  const pull = Math.hypot(...m)
  const direction = [m[0] / pull, m[1] / pull] as const
  return {
    u: points.map(({ x, y }) => direction[0] * x + direction[1] * y),
    t: points.map(({ label }) => label),
    pull,
    direction,
  }
}

/** L(q) = mean of ½(tanh(q·u) − t)², and what pulls at q: −L′(q), which is |m| at zero. */
export function along({ u, t }: Line, q: number): { loss: number; pull: number } {
  let [loss, pull] = [0, 0]
  for (const [i, at] of u.entries()) {
    const o = Math.tanh(q * at)
    loss += 0.5 * (o - t[i]!) ** 2
    pull += (t[i]! - o) * (1 - o * o) * at
  }
  return { loss: loss / u.length, pull: pull / u.length }
}

/** The weights that a net begins with: of its layers, row by row, from the input to the output. */
export interface Start {
  readonly weights: readonly (readonly number[])[]
  readonly width: number
}

/** z, W₂ … W_h and v as one vector: what the product q is made of. */
function stateOf({ weights, width }: Start, [a, b]: readonly [number, number]): number[] {
  const z = Array.from({ length: width }, (_, i) => weights[0]![2 * i]! * a + weights[0]![2 * i + 1]! * b)
  return [...z, ...weights.slice(1).flat()]
}

/** q, its slope in each part of the state, and the largest sum of a hidden unit where u is 1. */
function productOf(state: readonly number[], width: number): { q: number; slope: number[]; largest: number } {
  const between = (state.length - 2 * width) / width ** 2
  const at = (layer: number): number => width + layer * width ** 2
  // Forward: what each layer is given.
  const inputs = [state.slice(0, width)]
  for (let layer = 0; layer < between; layer++) {
    const x = inputs[layer]!
    inputs.push(
      x.map((_, i) => x.reduce((sum, value, j) => sum + state[at(layer) + i * width + j]! * value, 0)),
    )
  }
  const slope = new Array<number>(state.length).fill(0)
  let back = state.slice(at(between))
  const last = inputs[between]!
  const q = last.reduce((sum, value, i) => sum + value * back[i]!, 0)
  for (const [i, value] of last.entries()) slope[at(between) + i] = value
  // Backward: what comes of each.
  for (let layer = between - 1; layer >= 0; layer--) {
    const x = inputs[layer]!
    for (const [i, b] of back.entries()) {
      for (const [j, value] of x.entries()) slope[at(layer) + i * width + j] = b * value
    }
    back = x.map((_, j) => back.reduce((sum, b, i) => sum + b * state[at(layer) + i * width + j]!, 0))
  }
  for (const [i, b] of back.entries()) slope[i] = b
  return { q, slope, largest: Math.max(...inputs.flat().map(Math.abs)) }
}

/** The product of the start's weights, v·W_h⋯W₁·m: what the first derivative that is not zero is made of. */
export function productAt(start: Start, line: Line): number {
  return line.pull * productOf(stateOf(start, line.direction), start.width).q
}

export interface Escape {
  /** Steps until the loss is down to ENOUGH. */
  readonly steps: number
  /** The step from which on hidden units are bent. */
  readonly bent: number
  /** The loss on the way there. */
  readonly path: readonly (readonly [step: number, loss: number])[]
}

/** A sum at which tanh is off by three hundredths. */
const BENT = 0.3

/** Where a turn of many steps may change the state by no more than this share. */
const SMALL = 0.02

/**
 * The way off zero by the lowest order, step by step. As long as a step changes next to nothing many are taken in one
 * (by Runge and Kutta's rule), so that a way of many million steps takes no longer than a short one.
 */
export function leaveZero(start: Start, line: Line, rate: number): Escape {
  let state = stateOf(start, line.direction)
  let steps = 0
  let bent = Number.POSITIVE_INFINITY
  const path: [number, number][] = []
  const velocity = (at: readonly number[]): number[] => {
    const { q, slope } = productOf(at, start.width)
    const pull = rate * along(line, q).pull
    return slope.map((value) => pull * value)
  }
  const moved = (by: readonly number[], share: number): number[] => state.map((x, i) => x + share * by[i]!)
  for (let turn = 0; turn < 20_000; turn++) {
    const { q, largest } = productOf(state, start.width)
    const { loss } = along(line, q)
    path.push([steps, loss])
    if (largest * line.pull >= BENT) bent = Math.min(bent, steps)
    if (loss <= ENOUGH) return { steps, path, bent: Math.min(bent, steps) }
    const first = velocity(state)
    const many = Math.floor((SMALL * Math.hypot(...state)) / Math.hypot(...first))
    if (many < 10) {
      state = moved(first, 1)
      steps++
      continue
    }
    const second = velocity(moved(first, many / 2))
    const third = velocity(moved(second, many / 2))
    const fourth = velocity(moved(third, many))
    state = state.map((x, i) => x + (many / 6) * (first[i]! + 2 * second[i]! + 2 * third[i]! + fourth[i]!))
    steps += many
  }
  return { steps: Number.POSITIVE_INFINITY, path, bent }
}

/** The eigenvalues of the Hessian at zero, ascending. One hidden layer: ±|m| for each unit; ever: 1 for the last bias. */
export function spectrumAtZero(hidden: number, width: number, pull: number): number[] {
  const pairs = hidden === 1 ? Array.from({ length: width }, () => pull) : []
  const size = 3 * width + (hidden - 1) * width * (width + 1) + width + 1
  const zeros = new Array<number>(size - 1 - 2 * pairs.length).fill(0)
  return [...pairs.map((value) => -value), ...zeros, 1, ...pairs].sort((a, b) => a - b)
}

/**
 * Between which steps a net may leave, by its escape. From where its units are bent the lowest order is not all: that
 * last part may take twice as long. Before, what the noise adds in other directions is smaller than the rest by its size.
 */
export function slack({ steps, bent }: Escape, noise: number): [least: number, most: number] {
  const other = Math.max(noise, 1e-3) * steps + 1
  return [steps - other, steps + (steps - bent) + other]
}

/** The first derivative that is not zero along a direction: −(h+1)!·v·W_h⋯W₁·m. */
export function firstDerivative(hidden: number, product: number): number {
  let factorial = 1
  for (let k = 2; k <= hidden + 1; k++) factorial *= k
  return -factorial * product
}
