/**
 * Whether examples are pictures or series, also flattened ones: their numbers are measured alike, depend on their
 * neighbours, and may well be constant at the border.
 */
export function pictureLike(shape: readonly number[]): boolean {
  if (shape.length > 2) return true
  const width = shape[1] ?? 1
  const square = (n: number): boolean => Number.isInteger(Math.sqrt(n))
  return width >= 49 && (square(width) || square(width / 3))
}
