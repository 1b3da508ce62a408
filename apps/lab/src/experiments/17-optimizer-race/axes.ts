import { linalg, tensor } from "nabla"

/** Curvatures, ascending, and the axes that they are along. */
export function axesOf(matrix: readonly (readonly number[])[]): { values: number[]; vectors: number[][] } {
  const n = matrix.length
  const [values, columns] = linalg.eigh(tensor(matrix.flat(), { shape: [n, n], dtype: "float64" }))
  const entries = columns.dataSync()
  return {
    values: Array.from(values.dataSync()),
    vectors: Array.from({ length: n }, (_, k) => Array.from({ length: n }, (__, i) => entries[i * n + k]!)),
  }
}

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((total, x, i) => total + x * b[i]!, 0)
