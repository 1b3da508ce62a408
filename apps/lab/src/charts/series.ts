/** Colours of series, by number. */
export const seriesColour = (i: number): string => `var(--series-${(i % 6) + 1})`

export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  readonly dashed?: boolean
  /** Number of its colour, so that a series keeps it from picture to picture; default: its place. */
  readonly colour?: number
}

export interface Axis {
  readonly label: string
  readonly scale?: "linear" | "log"
  readonly domain?: readonly [number, number]
}

/** What can be drawn on an axis. */
export function drawable(value: number, { scale }: Axis): boolean {
  return Number.isFinite(value) && (scale !== "log" || value > 0)
}

/** A row for each x, with a column for each series. */
export function tableOf(
  x: Axis,
  series: readonly Series[],
): { columns: string[]; rows: (number | string)[][] } {
  const places = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b)
  const found = series.map(({ points }) => new Map(points))
  return {
    columns: [x.label, ...series.map(({ name }) => name)],
    rows: places.map((at) => [at, ...found.map((points) => points.get(at) ?? "")]),
  }
}
