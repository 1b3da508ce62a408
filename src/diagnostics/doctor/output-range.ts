/** The values that an activation function can take; null for one without bounds. */
export function rangeOf(activation: string | null): readonly [number, number] | null {
  if (activation === null) return null
  if (/^(sigmoid|hardsigmoid|softmax)$/i.test(activation)) return [0, 1]
  if (/^(tanh|hardtanh|softsign|tanhshrink)$/i.test(activation)) return [-1, 1]
  if (/^relu6$/i.test(activation)) return [0, 6]
  if (/^(relu|softplus)$/i.test(activation)) return [0, Infinity]
  return null
}

/** Whether each row is a distribution over classes. */
export function areProbabilities(shape: readonly number[], values: ArrayLike<number>): boolean {
  const sums = rowSums(shape, values, (v) => v)
  return (
    sums.length > 0 &&
    sums.every((sum) => Math.abs(sum - 1) < 1e-3) &&
    Array.from(values).every((v) => v >= 0 && v <= 1)
  )
}

/** Whether each row is the logarithm of a distribution over classes. */
export function areLogProbabilities(shape: readonly number[], values: ArrayLike<number>): boolean {
  const sums = rowSums(shape, values, Math.exp)
  return sums.length > 0 && sums.every((sum) => Math.abs(sum - 1) < 1e-2)
}

/** Sums over dimension 1, that of the classes. */
function rowSums(
  shape: readonly number[],
  values: ArrayLike<number>,
  f: (value: number) => number,
): Float64Array {
  const [rows = 0, classes = 0, ...rest] = shape
  if (shape.length < 2 || classes < 2) return new Float64Array(0)
  const inner = rest.reduce((a, b) => a * b, 1)
  const sums = new Float64Array(rows * inner)
  for (let i = 0; i < values.length; i++)
    sums[Math.floor(i / (classes * inner)) * inner + (i % inner)]! += f(values[i]!)
  return sums
}
