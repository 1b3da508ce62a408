import type { Tensor } from "../../tensor/index.ts"
import { amax, amin, cat, eq, histc, mean, mul, reshape, square, stack, sub } from "../../tensor/index.ts"

/** Counts in equal intervals from `min` to `max`, of at most 16384 numbers that lie evenly among all. */
export interface Histogram {
  readonly min: number
  readonly max: number
  readonly counts: readonly number[]
}

/** What is known of the numbers of one tensor. */
export interface Statistics {
  readonly elements: number
  readonly mean: number
  /** √(mean square deviation), without correction. */
  readonly std: number
  /** √(mean square) */
  readonly rms: number
  readonly min: number
  readonly max: number
  /** Whether all numbers are finite; if not, the other values may be NaN or infinite. */
  readonly finite: boolean
  /** Share of numbers that are exactly 0: sparsity. */
  readonly zeros?: number
  /** E[(x − mean)⁴]/std⁴: 3 for a normal distribution, larger for heavier tails; NaN for a constant. */
  readonly kurtosis?: number
  readonly histogram?: Histogram
}

/** Which statistics are computed beyond mean, deviation and range. */
export interface StatisticsOptions {
  /** Zeros and kurtosis: two more passes over the numbers. */
  readonly shape: boolean
  /** Number of intervals of the histogram; 0 for none. */
  readonly bins: number
}

const BASIC = 4
const SHAPE = 2
const SAMPLE = 16384

/** How many numbers statisticsTensor gives. */
export function statisticsLength({ shape, bins }: StatisticsOptions): number {
  return BASIC + (shape ? SHAPE : 0) + (bins > 0 ? bins + 2 : 0)
}

/** The statistics of a tensor as a vector, in the graph; readStatistics takes it apart. */
export function statisticsTensor(x: Tensor, { shape, bins }: StatisticsOptions): Tensor {
  const center = mean(x)
  const squares = square(sub(x, center))
  const parts = [center, mean(squares), amin(x), amax(x)]
  if (shape) parts.push(mean(eq(x, 0).to(x.dtype)), mean(mul(squares, squares)))
  if (bins === 0) return stack(parts)
  const stride = Math.ceil(x.numel() / SAMPLE)
  const all = reshape(x, [x.numel()])
  const sample = stride === 1 ? all : all.index({ step: stride })
  return cat([stack([...parts, amin(sample), amax(sample)]), histc(sample, { bins }).to(x.dtype)])
}

/** The statistics that a vector of statisticsTensor holds, from `at` on. */
export function readStatistics(
  values: ArrayLike<number>,
  at: number,
  elements: number,
  { shape, bins }: StatisticsOptions,
): Statistics {
  const [center, variance, min, max] = [values[at]!, values[at + 1]!, values[at + 2]!, values[at + 3]!]
  const rest = at + BASIC + (shape ? SHAPE : 0)
  return {
    elements,
    mean: center,
    std: Math.sqrt(variance),
    rms: Math.sqrt(variance + center * center),
    min,
    max,
    finite: Number.isFinite(min) && Number.isFinite(max),
    ...(shape && { zeros: values[at + BASIC]!, kurtosis: values[at + BASIC + 1]! / (variance * variance) }),
    ...(bins > 0 && {
      histogram: histogramOf(Array.from({ length: bins + 2 }, (_, i) => values[rest + i]!)),
    }),
  }
}

/** A constant has one interval around it, as histc does. */
function histogramOf([min, max, ...counts]: readonly number[]): Histogram {
  return min === max ? { min: min! - 1, max: max! + 1, counts } : { min: min!, max: max!, counts }
}
