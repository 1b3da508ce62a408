const LEVELS = [..."▁▂▃▄▅▆▇█"]

/**
 * A line of numbers in `width` characters: each is the mean over its share of them, on a logarithmic scale where all are
 * above 0 and far apart. What is not finite is shown as a cross.
 *
 * @example sparkline([1, 2, 4, 8]) // "▁▃▆█"
 */
export function sparkline(values: readonly (number | null)[], width = 12): string {
  const means = shares(values, Math.min(width, values.length))
  const finite = means.filter(Number.isFinite)
  if (finite.length === 0) return means.map(() => "×").join("")
  const logarithmic = Math.min(...finite) > 0 && Math.max(...finite) / Math.min(...finite) > 5
  const scale = (value: number): number => (logarithmic ? Math.log(value) : value)
  const [low, high] = [scale(Math.min(...finite)), scale(Math.max(...finite))]
  return means
    .map((value) => {
      if (!Number.isFinite(value)) return "×"
      const share = high > low ? (scale(value) - low) / (high - low) : 0
      return LEVELS[Math.round(share * (LEVELS.length - 1))]!
    })
    .join("")
}

function shares(values: readonly (number | null)[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * values.length) / count)
    const part = values.slice(from, Math.max(from + 1, Math.floor(((i + 1) * values.length) / count)))
    return part.reduce<number>((sum, value) => sum + (value ?? NaN), 0) / part.length
  })
}
