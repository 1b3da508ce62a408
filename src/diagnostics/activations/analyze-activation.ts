import type { Saturation, Tensor } from "../../tensor/index.ts"
import { compile, enableGrad, noGrad, randn, saturationOf, tensor } from "../../tensor/index.ts"

/** Mean and deviation of something for arguments of a normal distribution. */
export interface Moments {
  readonly mean: number
  readonly std: number
}

/** An activation function for arguments z ~ N(0, σ²). */
export interface NormalResponse {
  readonly sigma: number
  /** Of f(z). */
  readonly output: Moments
  /** √E[f(z)²]/σ: what a layer without weights does to the size of its input. */
  readonly gain: number
  /** Of f′(z). */
  readonly derivative: Moments
  /** √E[f′(z)²]: what it does to the size of gradients. */
  readonly gradientGain: number
  /** Share of arguments with |f′(z)| < 0.01. */
  readonly saturated: number
}

export interface ActivationAnalysis {
  /** Smallest and largest value on [−1000, 1000]; ±Infinity where the function is still on its way at the ends. */
  readonly range: readonly [min: number, max: number]
  /** Arguments with f(x) = x; when there are whole intervals of them, their ends. */
  readonly fixedPoints: readonly number[]
  /** Intervals of arguments in which |f′| < 0.01, found by looking. */
  readonly flat: Saturation
  /** The definition that the function itself has, if it is one of nabla's. */
  readonly saturation: Saturation | null
  /** Whether no value is negative: all weights of a unit in the next layer then move in one direction together. */
  readonly alwaysPositive: boolean
  readonly monotonic: boolean
  /** f(0) and f′(0): how it behaves at the start, where arguments are small. */
  readonly atZero: { readonly value: number; readonly derivative: number }
  /** f′(−1000) and f′(1000). */
  readonly atExtremes: readonly [left: number, right: number]
  readonly maxDerivative: number
  readonly responses: readonly NormalResponse[]
  /** Factor that weights of variance 1/fanIn need so that the output keeps the variance 1: 1/√E[f(z)²], z ~ N(0, 1). */
  readonly suggestedGain: number
  /** Nanoseconds an element: forward, and forward with backward; measured here and now, beyond a copy. */
  readonly cost: { readonly forward: number; readonly both: number } | null
}

export interface ActivationOptions {
  /** Deviations of the arguments. Default: 0.1, 1, 3. */
  readonly sigmas?: readonly number[]
  /** Whether to measure the time. Default: true. */
  readonly cost?: boolean
}

/** Derivatives below this count as none. */
const FLAT = 0.01

type F = (x: Tensor) => Tensor

/**
 * Looks at an activation function: its values, where its derivative vanishes, what it does to normally distributed
 * arguments, and what it costs. Values are computed in double precision on grids (step 0.001 from −12 to 12, wider beyond);
 * expectations are sums over a grid of 8001 points from −8σ to 8σ, exact to about 1e-3 for functions with kinks.
 *
 * @param f elementwise: a function of nabla, or one of your own
 * @param options sigmas [0.1, 1, 3]; cost true
 *
 * @example
 * const { range, maxDerivative } = await analyzeActivation(sigmoid) // [0, 1], 0.25
 */
export async function analyzeActivation(
  f: F,
  { sigmas = [0.1, 1, 3], cost = true }: ActivationOptions = {},
): Promise<ActivationAnalysis> {
  const grid = argumentsGrid()
  const { values, slopes } = await evaluate(f, grid)
  const middle = grid.findIndex((x) => Math.abs(x) < 1e-9)
  const responses = await Promise.all(sigmas.map((sigma) => responseOf(f, sigma)))
  const unit = await responseOf(f, 1)
  const steps = values.map((value, i) => (i === 0 ? 0 : value - values[i - 1]!))
  const rounding = 1e-12
  return {
    range: rangeOf(values, slopes),
    fixedPoints: crossings(grid, values),
    flat: flatIntervals(grid, slopes),
    saturation: saturationOf(f),
    alwaysPositive: values.every((value) => value >= 0),
    monotonic: steps.every((step) => step >= -rounding) || steps.every((step) => step <= rounding),
    atZero: { value: values[middle]!, derivative: slopes[middle]! },
    atExtremes: [slopes[0]!, slopes.at(-1)!],
    maxDerivative: slopes.reduce((max, slope) => Math.max(max, slope), -Infinity),
    responses,
    suggestedGain: 1 / unit.gain,
    cost: cost ? await measureCost(f) : null,
  }
}

/** Dense where functions bend, wide towards the ends; 0 is among them. */
function argumentsGrid(): number[] {
  const half = [
    ...Array.from({ length: 12000 }, (_, i) => (i + 1) / 1000),
    ...Array.from({ length: 988 }, (_, i) => 13 + i),
  ]
  return [...half.map((x) => -x).reverse(), 0, ...half]
}

async function evaluate(f: F, at: readonly number[]): Promise<{ values: number[]; slopes: number[] }> {
  const x = tensor(Float64Array.from(at), { dtype: "float64", shape: [at.length], requiresGrad: true })
  const y = enableGrad(() => f(x))
  if (y.isLeaf) return { values: Array.from(await y.data()), slopes: at.map(() => 0) }
  y.sum().backward()
  const [values, slopes] = await Promise.all([y.data(), x.grad!.data()])
  return { values: Array.from(values), slopes: Array.from(slopes) }
}

/** A function that still rises or falls at an end is taken to go on. */
function rangeOf(values: readonly number[], slopes: readonly number[]): [number, number] {
  const [min, max] = values.reduce(
    ([low, high], v) => [Math.min(low, v), Math.max(high, v)],
    [Infinity, -Infinity],
  )
  const moving = (slope: number): boolean => Math.abs(slope) > 1e-4
  const grows = [values[0]!, -slopes[0]!, values.at(-1)!, slopes.at(-1)!]
  const [left, leftWay, right, rightWay] = grows as [number, number, number, number]
  const open = (value: number, way: number, bound: number, sign: number): boolean =>
    value === bound && moving(way) && way * sign > 0
  return [
    open(left, leftWay, min!, -1) || open(right, rightWay, min!, -1) ? -Infinity : min!,
    open(left, leftWay, max!, 1) || open(right, rightWay, max!, 1) ? Infinity : max!,
  ]
}

/** Where f(x) − x changes its sign or begins or ends to be 0, by linear interpolation. */
function crossings(grid: readonly number[], values: readonly number[]): number[] {
  const gap = values.map((value, i) => value - grid[i]!)
  const zero = (i: number): boolean => Math.abs(gap[i]!) <= 1e-9 * Math.max(1, Math.abs(grid[i]!))
  const found: number[] = []
  for (let i = 0; i < grid.length; i++) {
    const inner = i > 0 && i < grid.length - 1
    if (zero(i)) {
      if (!inner || !zero(i - 1) || !zero(i + 1)) found.push(grid[i]!)
    } else if (i > 0 && !zero(i - 1) && gap[i]! * gap[i - 1]! < 0) {
      const part = gap[i - 1]! / (gap[i - 1]! - gap[i]!)
      found.push(grid[i - 1]! + part * (grid[i]! - grid[i - 1]!))
    }
  }
  return found
}

/** Single points, where the derivative only passes through 0, are no intervals. */
function flatIntervals(grid: readonly number[], slopes: readonly number[]): [number, number][] {
  const found: [number, number][] = []
  let start = -1
  for (let i = 0; i <= grid.length; i++) {
    const flat = i < grid.length && Math.abs(slopes[i]!) < FLAT
    if (flat && start < 0) start = i
    if (flat || start < 0) continue
    const from = start === 0 ? -Infinity : grid[start]!
    const to = i === grid.length ? Infinity : grid[i - 1]!
    if (to - from > 0.1) found.push([from, to])
    start = -1
  }
  return found
}

async function responseOf(f: F, sigma: number): Promise<NormalResponse> {
  const z = Array.from({ length: 8001 }, (_, i) => (i - 4000) / 500)
  const weights = z.map((v) => Math.exp((-v * v) / 2))
  const total = weights.reduce((sum, w) => sum + w, 0)
  const { values, slopes } = await evaluate(
    f,
    z.map((v) => v * sigma),
  )
  const expected = (of: (i: number) => number): number =>
    weights.reduce((sum, w, i) => sum + w * of(i), 0) / total
  const moments = (list: readonly number[]): Moments & { square: number } => {
    const mean = expected((i) => list[i]!)
    const square = expected((i) => list[i]! ** 2)
    return { mean, std: Math.sqrt(Math.max(0, square - mean * mean)), square }
  }
  const [out, slope] = [moments(values), moments(slopes)]
  return {
    sigma,
    output: { mean: out.mean, std: out.std },
    gain: Math.sqrt(out.square) / sigma,
    derivative: { mean: slope.mean, std: slope.std },
    gradientGain: Math.sqrt(slope.square),
    saturated: expected((i) => (Math.abs(slopes[i]!) < FLAT ? 1 : 0)),
  }
}

const COST_ELEMENTS = 1 << 18
const COST_ROUNDS = 15

/** The shortest of some rounds, less that of a function that only doubles its argument. */
async function measureCost(f: F): Promise<{ forward: number; both: number }> {
  const x = noGrad(() => randn([COST_ELEMENTS]).realize())
  const double = (t: Tensor): Tensor => t.mul(2)
  const forward = async (g: F): Promise<number> =>
    time(
      compile((t: Tensor) => g(t)),
      x,
    )
  const both = async (g: F): Promise<number> =>
    time(
      compile((t: Tensor) => {
        const leaf = t.detach().requiresGrad_()
        g(leaf).sum().backward()
        return leaf.grad ?? t
      }),
      x,
    )
  const [plain, plainBoth] = [await forward(double), await both(double)]
  const perElement = (ms: number, base: number): number => Math.max(0, (ms - base) * 1e6) / COST_ELEMENTS
  return { forward: perElement(await forward(f), plain), both: perElement(await both(f), plainBoth) }
}

async function time(step: (x: Tensor) => Tensor, x: Tensor): Promise<number> {
  let best = Infinity
  for (let i = 0; i < COST_ROUNDS + 2; i++) {
    const start = performance.now()
    step(x).realize()
    if (i >= 2) best = Math.min(best, performance.now() - start)
  }
  return best
}
