import type { Surface } from "../../surfaces/index.ts"
import { tensor } from "../../tensor/index.ts"

/** Values of a surface on a grid over its region, row by row from the top. */
export interface Heights {
  readonly columns: number
  readonly rows: number
  readonly values: readonly number[]
  /** Heights of contour lines, so that between two of them lies about the same area. */
  readonly levels: readonly number[]
}

/**
 * The middle of each cell is looked at, all in one computation.
 *
 * @param count how many levels
 */
export function heightsOf({ f, region }: Surface, columns: number, rows: number, count: number): Heights {
  const [[left, right], [low, high]] = region as readonly [
    readonly [number, number],
    readonly [number, number],
  ]
  const points = new Float64Array(columns * rows * 2)
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      points[at++] = left + ((right - left) * (column + 0.5)) / columns
      points[at++] = high - ((high - low) * (row + 0.5)) / rows
    }
  }
  const values = Array.from(f(tensor(points, { shape: [rows * columns, 2], dtype: "float64" })).dataSync())
  return { columns, rows, values, levels: levelsOf(values, count) }
}

function levelsOf(values: readonly number[], count: number): number[] {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b)
  const quantiles = Array.from({ length: count }, (_, i) => {
    return sorted[Math.floor((sorted.length * (i + 0.5)) / count)]!
  })
  return [...new Set(quantiles)].filter((level) => level !== undefined)
}
