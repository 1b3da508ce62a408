import type { Shape } from "../../base/index.ts"
import type { Tensor } from "../tensor.ts"
import { wrapHost } from "../tensor.ts"

function positions(row: number, col: number, keep: (difference: number) => boolean): Tensor {
  const rows: number[] = []
  const columns: number[] = []
  for (let i = 0; i < row; i++) {
    for (let j = 0; j < col; j++) {
      if (!keep(j - i)) continue
      rows.push(i)
      columns.push(j)
    }
  }
  const shape: Shape = [2, rows.length]
  return wrapHost(Int32Array.from([...rows, ...columns]), shape, "int32")
}

/** Row and column numbers of a lower triangle, [2, n], row by row. */
export function trilIndices(row: number, col: number, offset = 0): Tensor {
  return positions(row, col, (difference) => difference <= offset)
}

/** Row and column numbers of an upper triangle, [2, n], row by row. */
export function triuIndices(row: number, col: number, offset = 0): Tensor {
  return positions(row, col, (difference) => difference >= offset)
}
