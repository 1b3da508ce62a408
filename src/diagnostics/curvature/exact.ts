import { linalg, realize, tensor } from "../../tensor/index.ts"
import { checkNames, checkThat } from "./check.ts"
import type { Control } from "./control.ts"
import { interrupted, Pace } from "./control.ts"
import type { SymmetricOperator } from "./operator.ts"
import type { Vector } from "./vector.ts"

/** Largest matrix that is written out: 2000² numbers are 32 MB, and their decomposition takes a minute. */
const LARGEST = 2000

export interface ExactSpectrum {
  /** Ascending. */
  readonly values: Vector
  /** Row k is the unit eigenvector of value k, when asked for. */
  readonly vectors?: readonly Vector[]
  readonly trace: number
  /** max |λ| / min |λ|; infinite for a singular matrix. */
  readonly condition: number
  /** How many eigenvalues lie below −1e-6 of the largest absolute one: others may be rounding. */
  readonly negative: number
}

export interface ExactOptions extends Control {
  readonly vectors?: boolean
}

/**
 * A matrix written out row by row, made symmetric: n products.
 *
 * @throws NABLA_INVALID_ARGUMENT for more than 2000 rows; NABLA_INTERRUPTED when the signal is given
 */
export async function exactMatrix(operator: SymmetricOperator, control: Control = {}): Promise<Vector> {
  const { size: n } = operator
  checkThat("exactMatrix", "the size", n, `at most ${LARGEST} parameters`, n <= LARGEST)
  const pace = new Pace(control)
  const matrix = new Float64Array(n * n)
  const chunk = 16
  for (let at = 0; at < n; at += chunk) {
    if (pace.interrupted) throw interrupted("the matrix")
    const units = Array.from({ length: Math.min(chunk, n - at) }, (_, i) => {
      const unit = new Float64Array(n)
      unit[at + i] = 1
      return unit
    })
    const rows = await operator.products(units)
    rows.forEach((row, i) => {
      matrix.set(row, (at + i) * n)
    })
    await pace.tell(Math.min(n, at + chunk), n)
  }
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const middle = (matrix[i * n + j]! + matrix[j * n + i]!) / 2
      matrix[i * n + j] = middle
      matrix[j * n + i] = middle
    }
  return matrix
}

/**
 * All eigenvalues of a small matrix (up to 2000 rows): it is written out and decomposed in double precision, n products
 * and O(n³).
 *
 * @throws NABLA_INVALID_ARGUMENT for more than 2000 rows
 */
export async function exactSpectrum(
  operator: SymmetricOperator,
  options: ExactOptions = {},
): Promise<ExactSpectrum> {
  checkNames("exactSpectrum", options, ["vectors", "signal", "onProgress"])
  const { size: n } = operator
  const matrix = tensor(await exactMatrix(operator, options), { shape: [n, n], dtype: "float64" })
  const [eigenvalues, columns] = linalg.eigh(matrix)
  realize([eigenvalues, columns])
  const values = Float64Array.from(await eigenvalues.data())
  const sizes = values.map(Math.abs)
  const [most, least] = [Math.max(...sizes), Math.min(...sizes)]
  const zero = 1e-6 * most
  const spectrum = {
    values,
    trace: values.reduce((a, b) => a + b, 0),
    condition: least === 0 ? (most === 0 ? Number.NaN : Infinity) : most / least,
    negative: values.filter((value) => value < -zero).length,
  }
  if (!options.vectors) return spectrum
  const entries = await columns.data()
  const vectors = Array.from(values, (_, k) =>
    Float64Array.from({ length: n }, (__, i) => entries[i * n + k]!),
  )
  return { ...spectrum, vectors }
}
