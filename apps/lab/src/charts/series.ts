import { formatNumber } from "../design/numbers.ts"
import { extent } from "./grid.ts"

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

/** An entry of a legend. */
export interface Mark {
  readonly name: string
  readonly colour: string
  readonly dashed?: boolean
  readonly shape?: "line" | "dot" | "area"
}

/** An axis as Plot takes it; powers of ten as such, where Plot would write 10n and 100µ. */
export const scaleOf = ({ label, scale = "linear", domain }: Axis, values: readonly number[] = []) => ({
  label,
  type: scale,
  ...(domain === undefined ? {} : { domain }),
  ...(scale === "log" ? { tickFormat: spansDecades(values) ? powerOfTen : formatNumber } : {}),
})

/** Within few powers of ten the numbers between them have to be read too. */
function spansDecades(values: readonly number[]): boolean {
  const [least, largest] = extent(values.filter((value) => value > 0))
  return values.length === 0 || largest / least > 30
}

function powerOfTen(value: number): string {
  const power = Math.log10(value)
  if (Math.abs(power - Math.round(power)) > 1e-9) return ""
  return Math.abs(power) < 3.5 ? formatNumber(value) : formatNumber(value, 2).replace(/^1·/, "")
}

/** A legend of one entry tells nothing that the title does not. */
export const legendOf = (series: readonly Series[]): Mark[] =>
  series.length < 2
    ? []
    : series.map(({ name, dashed = false, colour }, i) => ({
        name,
        dashed,
        colour: seriesColour(colour ?? i),
      }))
