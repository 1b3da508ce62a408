/** Values on a rectangle: row after row, from the smallest y, each from the smallest x. */
export interface Grid {
  readonly columns: number
  readonly rows: number
  readonly x: readonly [from: number, to: number]
  readonly y: readonly [from: number, to: number]
  readonly values: readonly number[] | Float32Array | Float64Array
}

/** The centre of a cell. */
export function centre({ columns, rows, x, y }: Grid, index: number): [x: number, y: number] {
  const column = index % columns
  const row = Math.floor(index / columns)
  return [x[0] + ((column + 0.5) / columns) * (x[1] - x[0]), y[0] + ((row + 0.5) / rows) * (y[1] - y[0])]
}

/** A row for each cell, of at most some thousands. */
export function gridRows(grid: Grid): number[][] {
  return Array.from(grid.values, (value, i) => [...centre(grid, i), value])
}

export function extent(values: ArrayLike<number>): [least: number, largest: number] {
  let least = Infinity
  let largest = -Infinity
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    if (value < least) least = value
    if (value > largest) largest = value
  }
  return least <= largest ? [least, largest] : [0, 1]
}

/** Levels that show a bowl near its bottom and far up alike: equal distances of the logarithm above the least value. */
export function levels(values: ArrayLike<number>, count: number): number[] {
  const [least, largest] = extent(values)
  if (largest === least) return []
  return Array.from({ length: count }, (_, i) => least + (largest - least) * ((i + 1) / (count + 1)) ** 2.5)
}
