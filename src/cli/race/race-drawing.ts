import colours from "picocolors"
import type { Point, Surface } from "../../surfaces/index.ts"
import { heightsOf } from "./race-levels.ts"
import type { Runner } from "./race-runner.ts"

const paints = [colours.yellow, colours.cyan, colours.magenta, colours.green, colours.red, colours.blue]

/** The sign of each runner, in its colour. */
export const markers: readonly string[] = Array.from("abcdefghijklmnopqrstuvwxyz", (letter, i) =>
  colours.bold(paints[i % paints.length]!(letter)),
)

/** The paths over the contours of the surface, in characters: a letter for each optimizer, ○ the start, ✕ minima. */
export function drawing(surface: Surface, runners: readonly Runner[], width: number): string {
  const [[left, right], [low, high]] = surface.region as [[number, number], [number, number]]
  // Characters are about twice as high as they are wide.
  const rows = Math.max(8, Math.min(30, Math.round((width * (high - low)) / (right - left) / 2)))
  const columns = Math.max(20, Math.min(width, Math.round((rows * 2 * (right - left)) / (high - low))))
  const cells = contours(surface, columns, rows)
  const cellOf = ([x, y]: Point): [number, number] => [
    Math.floor(((x! - left) / (right - left)) * columns),
    Math.floor(((high - y!) / (high - low)) * rows),
  ]
  const put = ([column, row]: readonly [number, number], sign: string): void => {
    if (row >= 0 && row < rows && column >= 0 && column < columns) cells[row]![column] = sign
  }
  runners.forEach(({ path: { points } }, i) => {
    for (let t = 1; t < points.length; t++)
      for (const cell of line(cellOf(points[t - 1]!), cellOf(points[t]!))) put(cell, markers[i]!)
  })
  for (const { point } of surface.minima) put(cellOf(point), colours.bold("✕"))
  const start = runners[0]?.path.points[0]
  if (start !== undefined) put(cellOf(start), colours.bold("○"))
  return `${cells.map((row) => row.join("")).join("\n")}\n`
}

/** Dots where the contour lines pass. */
function contours(surface: Surface, columns: number, rows: number): string[][] {
  const { values, levels } = heightsOf(surface, columns, rows, 6)
  const band = (row: number, column: number): number => {
    const value = values[row * columns + column]!
    return levels.filter((level) => level <= value).length
  }
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const own = band(row, column)
      const right = column + 1 < columns && band(row, column + 1) !== own
      const below = row + 1 < rows && band(row + 1, column) !== own
      return right || below ? colours.dim("·") : " "
    }),
  )
}

/** The cells between two, both with them; a step that leaves for infinity is cut. */
function* line(from: readonly [number, number], to: readonly [number, number]): Generator<[number, number]> {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]]
  const count = Math.max(Math.abs(dx), Math.abs(dy), 1)
  if (!Number.isFinite(count) || count > 10_000) return
  for (let i = 0; i <= count; i++)
    yield [Math.round(from[0] + (dx * i) / count), Math.round(from[1] + (dy * i) / count)]
}
