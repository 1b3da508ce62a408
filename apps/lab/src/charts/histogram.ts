/** Counts of values in bins of equal width; what lies outside counts in the outermost bins. */
export function histogram(
  values: ArrayLike<number>,
  [low, high]: readonly [number, number],
  bins: number,
): { from: number; step: number; counts: number[] } {
  const step = (high - low) / bins
  const counts = new Array<number>(bins).fill(0)
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor((values[i]! - low) / step)
    if (!Number.isNaN(at)) counts[Math.min(bins - 1, Math.max(0, at))]!++
  }
  return { from: low, step, counts }
}
