/** What noise on the inputs of a linear model is expected to do: plain arithmetic, so that the page can hold the run to it. */

/** E[‖y − (X + N)w‖²] = ‖y − Xw‖² + nσ²‖w‖²: the matrix XᵀX/n + σ²I and the vector Xᵀy/n of its normal equations. */
function normalEquations(
  inputs: readonly (readonly number[])[],
  targets: readonly number[],
  sigma: number,
): { matrix: number[][]; vector: number[] } {
  const n = inputs.length
  const size = inputs[0]!.length
  const over = (f: (row: readonly number[], i: number) => number): number =>
    inputs.reduce((sum, row, i) => sum + f(row, i), 0) / n
  return {
    matrix: Array.from({ length: size }, (_, a) =>
      Array.from({ length: size }, (_, b) => over((row) => row[a]! * row[b]!) + (a === b ? sigma ** 2 : 0)),
    ),
    vector: Array.from({ length: size }, (_, a) => over((row, i) => row[a]! * targets[i]!)),
  }
}

/** Half of 1/trace: below 1/λmax, with room for what noise adds. */
export function rateOf(inputs: readonly (readonly number[])[], sigma: number): number {
  const { matrix } = normalEquations(
    inputs,
    inputs.map(() => 0),
    sigma,
  )
  return 0.5 / matrix.reduce((sum, row, i) => sum + row[i]!, 0)
}

/**
 * Gradient descent on ridge regression with λ = nσ²: w ← w − η·((XᵀX/n + σ²I)·w − Xᵀy/n). The mean of the noisy runs
 * goes the same way at every step, since the noise of a step is independent of the weights before it.
 */
export function ridgePath(
  inputs: readonly (readonly number[])[],
  targets: readonly number[],
  sigma: number,
  steps: number,
  rate = rateOf(inputs, sigma),
): number[][] {
  const { matrix, vector } = normalEquations(inputs, targets, sigma)
  let w = vector.map(() => 0)
  const path = [w]
  for (let step = 0; step < steps; step++) {
    const now = w
    w = now.map(
      (value, i) => value - rate * (matrix[i]!.reduce((sum, a, j) => sum + a * now[j]!, 0) - vector[i]!),
    )
    path.push(w)
  }
  return path
}

/**
 * The chance that a mean is as large as this one by accident: if each difference could as well have had the other
 * sign, all 2^k choices of signs are equally likely (Fisher 1935). Exact, for any distribution.
 */
export function signFlips(differences: readonly number[]): number {
  const measured = differences.reduce((sum, d) => sum + d, 0)
  const choices = 2 ** differences.length
  let asLarge = 0
  for (let choice = 0; choice < choices; choice++) {
    const sum = differences.reduce((total, d, i) => total + ((choice >> i) & 1 ? -d : d), 0)
    if (sum >= measured - 1e-12 * Math.abs(measured)) asLarge++
  }
  return asLarge / choices
}

export const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Losses of the nets of one kind. */
interface Losses {
  readonly trainLoss: readonly number[]
  readonly testLoss: readonly number[]
}

/** For each pair, by how much smaller the gap is with changes than without. */
export function gapDifferences({ plain, augmented }: { plain: Losses; augmented: Losses }): number[] {
  const gap = ({ trainLoss, testLoss }: Losses, i: number): number => testLoss[i]! - trainLoss[i]!
  return plain.trainLoss.map((_, i) => gap(plain, i) - gap(augmented, i))
}
