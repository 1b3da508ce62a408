/** Values as points over their numbers, from 1. */
export const numbered = (values: readonly number[]): [number, number][] =>
  values.map((value, i): [number, number] => [i + 1, value])

/** Means of so many values each, at the number of the last: losses of small batches leap. */
export function smoothed(values: readonly number[], count: number): [number, number][] {
  return Array.from({ length: Math.floor(values.length / count) }, (_, k): [number, number] => {
    const part = values.slice(k * count, (k + 1) * count)
    return [(k + 1) * count, part.reduce((sum, value) => sum + value, 0) / count]
  })
}
