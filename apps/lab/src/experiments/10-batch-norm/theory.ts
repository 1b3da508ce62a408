/** What batch norm is expected to do: plain arithmetic, so that the page can hold the run to it. */
import type { Values } from "./controls.ts"
import { MULTIPLES } from "./controls.ts"

/** Standard errors that a mean may be off: one chance in many thousands. */
export const ERRORS = 4.5

/** Channels of the layer whose running statistics are watched. */
export const CHANNELS = 256

type Weighted = readonly (readonly [value: number, weight: number])[]

const normalised = (points: readonly (readonly [number, number])[]): Weighted => {
  const total = points.reduce((sum, [, weight]) => sum + weight, 0)
  return points.map(([value, weight]) => [value, weight / total])
}

const mean = (points: Weighted, f: (value: number) => number): number =>
  points.reduce((sum, [value, weight]) => sum + weight * f(value), 0)

const middles = (count: number, from: number, to: number): number[] =>
  Array.from({ length: count }, (_, i) => from + ((i + 0.5) / count) * (to - from))

/**
 * A unit's values over a batch, brought to mean 0 and variance 1, are a point on a sphere: in d dimensions one of its
 * coordinates is z = √d·cos φ, with a density of sin(φ)^(d−2). With d = 1 (a batch of two) it is ±1, with many it is
 * normal.
 */
function sphere(d: number, count = 80): Weighted {
  const both = (points: (readonly [phi: number, weight: number])[]): Weighted =>
    normalised(
      points.flatMap(([phi, weight]) =>
        [1, -1].map((sign): [number, number] => [sign * Math.sqrt(d) * Math.cos(phi), weight]),
      ),
    )
  if (d <= 1 + 1e-9) return both([[0, 1]])
  // Below three dimensions the density is steep at 0: φ = s^(1/(d − 1)) takes that away.
  if (d < 3) {
    return both(
      middles(count, 0, (Math.PI / 2) ** (d - 1)).map((s) => {
        const phi = s ** (1 / (d - 1))
        return [phi, (Math.sin(phi) / phi) ** (d - 2)]
      }),
    )
  }
  const reach = Math.min(Math.PI / 2, 7 / Math.sqrt(d - 2))
  return both(middles(count, Math.PI / 2 - reach, Math.PI / 2).map((phi) => [phi, Math.sin(phi) ** (d - 2)]))
}

/** χ²/k with k degrees of freedom: the variance of a batch of normal values, in units of its mean. */
function chiSquare(k: number, count = 4000): Weighted {
  const [from, to] = [Math.max(0, Math.sqrt(k) - 6), Math.sqrt(k) + 6]
  const peak = Math.max(k - 1, 1e-9)
  return normalised(
    middles(count, from, to).map((rho) => [
      rho ** 2 / k,
      Math.exp((k - 1) * Math.log(rho) - rho ** 2 / 2 - ((k - 1) * Math.log(peak) - peak) / 2),
    ]),
  )
}

/** Beta(a/2, b/2): the share of a sum of a + b squares of normal values that the first a have. */
function beta(a: number, b: number, count = 4000): Weighted {
  const middle = Math.atan2(Math.sqrt(a), Math.sqrt(b))
  const reach = 5 / Math.sqrt(a + b)
  const [from, to] = [Math.max(0, middle - reach), Math.min(Math.PI / 2, middle + reach)]
  const log = (theta: number): number =>
    (a - 1) * Math.log(Math.sin(theta)) + (b - 1) * Math.log(Math.cos(theta))
  const peak = log(Math.min(to - 1e-6, Math.max(from + 1e-6, middle)))
  return normalised(
    middles(count, from, to).map((theta) => [Math.sin(theta) ** 2, Math.exp(log(theta) - peak)]),
  )
}

/** Chances that a net of n units leaves between samples: 1/m is the mean square of their correlation. */
const dimensions = (m: number, batch: number): number => {
  const p = batch - 1
  return (m * p + 2) / (m + p + 1)
}

export interface Expected {
  /** Standard deviations of the layers' outputs. */
  readonly sizes: readonly number[]
  /** How far the last one may be off, as a share of it. */
  readonly doubt: number
}

const spreadOf = (points: Weighted, f: (x: number) => number): number =>
  Math.sqrt(Math.max(0, mean(points, (z) => f(z) ** 2) - mean(points, f) ** 2))

/** With batch norm before the non-linearity. */
function normedSizes(values: Values, sigma: number): Expected {
  const { sizes, correction } = normedChain(values, sigma, values.epsilon)
  const ideal = normedChain(values, sigma, 0)
  // Finite batch and width are known to first order, and what ε takes adds up from layer to layer.
  const doubt = 0.02 + correction / 2 + Math.abs(1 - sizes.at(-1)! / ideal.sizes.at(-1)!)
  return { sizes, doubt }
}

function normedChain(
  { depth, width, batch, gamma, beta: shift }: Values,
  sigma: number,
  epsilon: number,
): { sizes: number[]; correction: number } {
  const sizes: number[] = []
  let [spread, together, correction] = [(batch - 1) / batch, 1 / width, 0]
  for (let layer = 0; layer < depth; layer++) {
    const d = dimensions(1 / together, batch)
    const units = sphere(d)
    const variance = width * sigma ** 2 * spread
    // What ε leaves of the size differs from unit to unit, as the variance over the batch does.
    const factors = epsilon < 1e-4 * variance && d > 20 ? ([[1, 1]] as const) : chiSquare(d, 30)
    const moments = factors.map(([share, weight]) => {
      const v = variance * share
      const a = gamma * Math.sqrt(v / (v + epsilon))
      const outputs = units.map(([z, w]) => [z, Math.tanh(a * z + shift), w] as const)
      const over = (f: (z: number, y: number) => number): number =>
        outputs.reduce((sum, [z, y, w]) => sum + w * f(z, y), 0)
      return { weight, first: over((_, y) => y), second: over((_, y) => y * y), slope: over((z, y) => z * y) }
    })
    const over = (g: (m: (typeof moments)[number]) => number): number =>
      moments.reduce((sum, m) => sum + m.weight * g(m), 0)
    const size = Math.sqrt(Math.max(0, over((m) => m.second) - over((m) => m.first) ** 2))
    sizes.push(size)
    if (layer === depth - 1) {
      const output = (z: number): number => Math.tanh(gamma * z + shift)
      correction = Math.abs(spreadOf(units, output) / spreadOf(sphere(1e4), output) - 1)
    }
    spread = Math.max(
      0,
      over((m) => m.second - m.first ** 2),
    )
    // Of a correlation between samples the linear part goes on to the next layer; each layer's chance adds 1/n.
    const kept = spread > 0 ? Math.min(1, over((m) => m.slope ** 2) / spread) : 0
    together = Math.min(1, kept ** 2 * together + 1 / width)
  }
  return { sizes, correction }
}

/** Of y = tanh(√q·z): E[y²], E[y⁴], E[y·z], and by how much E[y²] grows with q (d ln over d ln). One sum for all. */
function momentsOfTanh(q: number): { second: number; fourth: number; slope: number; passed: number } {
  const [reach, parts] = [7, 2000]
  let [total, second, fourth, slope, growth] = [0, 0, 0, 0, 0]
  for (let i = 0; i <= parts; i++) {
    // Even functions: half of the line is enough.
    const z = (i / parts) * reach
    const weight = (i === 0 ? 0.5 : 1) * Math.exp((-z * z) / 2)
    const x = Math.sqrt(q) * z
    const y = Math.tanh(x)
    total += weight
    second += weight * y ** 2
    fourth += weight * y ** 4
    slope += weight * y * z
    growth += weight * y * (1 - y * y) * x
  }
  return { second: second / total, fourth: fourth / total, slope: slope / total, passed: growth / second }
}

/** Without it: q ← nσ²·E[φ(√q·z)²], and what chance does at this width. */
function plainSizes({ depth, width, batch }: Values, sigma: number): Expected {
  const gain = width * sigma ** 2
  const sizes: number[] = []
  let [q, doubt, together] = [gain, 2 / (width * batch), 1 / width]
  for (let layer = 0; layer < depth; layer++) {
    const { second, fourth, slope, passed } = momentsOfTanh(q)
    sizes.push(Math.sqrt(second))
    // Units that came out large by chance do so for all samples that point the same way.
    const alike = Math.min(1, together + 1 / batch)
    doubt = passed ** 2 * doubt + ((fourth / second ** 2 - 1) * alike) / width
    together = Math.min(1, (slope ** 2 / second) ** 2 * together + 1 / width)
    q = gain * second
  }
  return { sizes, doubt: Math.expm1(ERRORS * 0.5 * Math.sqrt(doubt)) + 1 / (width * batch) }
}

export interface Scale {
  readonly sigma: number
  readonly normed: Expected
  readonly plain: Expected
}

const known = new WeakMap<Values, readonly Scale[]>()

/** For each of the nets that run side by side. */
export function sizesOf(values: Values): readonly Scale[] {
  let found = known.get(values)
  if (found === undefined) {
    found = MULTIPLES.map((multiple) => {
      const sigma = multiple * values.sigma
      return { sigma, normed: normedSizes(values, sigma), plain: plainSizes(values, sigma) }
    })
    known.set(values, found)
  }
  return found
}

/** σ²/B of a batch that is drawn without repetition from N samples, in units of the samples' own variance. */
export const meanNoise = (batch: number, samples: number): number =>
  (samples - batch) / (batch * (samples - 1))

/** E[(v_B/v_N − 1)²], of normal samples: (B/N)·v_B/v_N is the share of a sum of squares, Beta((B−1)/2, (N−B)/2). */
export function varianceNoise(batch: number, samples: number): number {
  const first = (batch - 1) / (samples - 1)
  const spread = (2 * (batch - 1) * (samples - batch)) / ((samples - 1) ** 2 * (samples + 1))
  const many = samples / batch
  return many ** 2 * (spread + first ** 2) - 2 * many * first + 1
}

/**
 * Mean square of x̂ − x̂′, where x̂ is normalised by its own batch of B and x̂′ by K such batches together.
 * In x̂ a variance v gives v/(v + ε), and the product of both is v/√((v + ε)(s + ε)), with s the variance of all.
 */
export function apartSquared(batch: number, workers: number, sigma: number, epsilon: number): number {
  const all = batch * workers
  const own = beta(batch - 1, all - batch)
  const e = epsilon / sigma ** 2
  const total = chiSquare(all - 1, 40).map(([value, weight]) => [(value * (all - 1)) / all, weight] as const)
  return mean(total, (s) => {
    const apart = mean(own, (share) => {
      const v = share * workers * s
      return v / (v + e) - (2 * v) / Math.sqrt((v + e) * (s + e))
    })
    return apart + s / (s + e)
  })
}

/** The same against given statistics: those of evaluation. `offset` is the distance of the mean, in units of σ. */
export function gapSquared(
  batch: number,
  sigma: number,
  epsilon: number,
): (offset: number, variance: number) => number {
  const e = epsilon / sigma ** 2
  const own = chiSquare(batch - 1).map(([value, weight]) => [(value * (batch - 1)) / batch, weight] as const)
  const kept = mean(own, (v) => v / (v + e))
  const product = mean(own, (v) => v / Math.sqrt(v + e))
  return (offset, variance) =>
    kept + (1 + offset ** 2) / (variance + e) - (2 * product) / Math.sqrt(variance + e)
}

/** Mean square of (running mean − mean)/σ after t passes: what is left of the start, and the batches' own noise. */
export function driftSquared(passes: number, batch: number, start: number, momentum: number): number {
  const kept = (1 - momentum) ** (2 * passes)
  return kept * start ** 2 + ((momentum / (2 - momentum)) * (1 - kept)) / batch
}
