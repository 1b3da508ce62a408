import type { Histogram } from "../forward/statistics.ts"
import type { Quantiles } from "./report.ts"

/** At most `count` of the values, evenly spaced, the first and the last among them. */
export function thinned<T>(values: readonly T[], count: number): readonly T[] {
  if (values.length <= count) return values
  return Array.from({ length: count }, (_, i) => values[Math.round((i * (values.length - 1)) / (count - 1))]!)
}

/** Each point's mean with its neighbours, `width` of them in all. */
export function smoothed(
  points: readonly (readonly [number, number])[],
  width: number,
): readonly (readonly [number, number])[] {
  const half = Math.floor(width / 2)
  const sums = [0]
  for (const [, y] of points) sums.push(sums.at(-1)! + y)
  return points.map(([x], i) => {
    // As many on either side, so that the ends do not lag behind.
    const reach = Math.min(half, i, points.length - 1 - i)
    const [from, to] = [i - reach, i + reach + 1]
    return [x, (sums[to]! - sums[from]!) / (to - from)] as const
  })
}

const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]

/** Quantiles of the numbers that a histogram counted, evenly spread within each interval. */
export function quantilesOf({ min, max, counts }: Histogram): Quantiles {
  const total = counts.reduce((a, b) => a + b, 0)
  const width = (max - min) / counts.length
  const at = (level: number): number => {
    let left = level * total
    for (const [i, count] of counts.entries()) {
      if (count >= left && count > 0) return min + width * (i + left / count)
      left -= count
    }
    return max
  }
  return LEVELS.map(at) as unknown as Quantiles
}
