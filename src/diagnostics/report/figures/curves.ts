import type { PlotOptions } from "../../pictures/draw.ts"
import type { Curve, Line, Report } from "../report.ts"
import { smoothed, thinned } from "../thin.ts"
import type { Figure } from "./figure.ts"
import { axis, C1, C2, C3, drawnFor, figures, isLogarithmic, logScale, tick } from "./figure.ts"

/** Pictures of curves at most: the loss, the rate, and a few metrics. */
const MOST = 5

/** How many rows a table of a curve has. */
const ROWS = 20

const colours: Readonly<Record<string, string>> = { "held-out": C2, "training, by epoch": C3 }

/** The loss, metrics and the rate over the steps. */
export async function curveFigures({ curves }: Report): Promise<Figure[]> {
  const shown = curves.filter(({ lines }) => lines.some(changes)).slice(0, MOST)
  return Promise.all(shown.map(curveFigure))
}

function changes({ points }: Line): boolean {
  return points.length > 1 && points.some(([, y]) => y !== points[0]![1])
}

async function curveFigure(curve: Curve): Promise<Figure> {
  const { name, lines } = curve
  const values = lines.flatMap(({ points }) => points.map(([, y]) => y)).filter(Number.isFinite)
  const svg = await drawnFor((plot) => ({
    x: { ...axis("step"), ticks: 5, tickFormat: tick, nice: true },
    y: valueAxis(name, values),
    marks: lines.flatMap(({ name: line, points }) => {
      const finite = points.filter(([, y]) => Number.isFinite(y)) as [number, number][]
      const stroke = colours[line] ?? C1
      if (line === "held-out")
        return [
          plot.line(finite, { stroke, strokeWidth: 2 }),
          plot.dot(finite, { fill: stroke, r: finite.length > 40 ? 1.5 : 3 }),
        ]
      const width = Math.max(1, Math.round(finite.length / 20))
      if (width < 3 || name === "learning rate") return [plot.line(finite, { stroke, strokeWidth: 2 })]
      return [
        plot.line(finite, { stroke, strokeOpacity: 0.3, strokeWidth: 1 }),
        plot.line(smoothed(finite, width) as [number, number][], { stroke, strokeWidth: 2 }),
      ]
    }),
  }))
  const key = lines.length < 2 ? [] : lines.map((line) => [line.name, colours[line.name] ?? C1] as const)
  return { section: "training", title: titled(name), says: saysOf(curve), svg, key, table: tableOf(curve) }
}

function valueAxis(label: string, values: readonly number[]): NonNullable<PlotOptions["y"]> {
  const name = { label: null, ariaLabel: label, grid: true, tickFormat: tick }
  // Losses and rates go by factors; scores between 0 and 1 do not.
  const byFactors = label === "loss" || label === "learning rate"
  return byFactors && isLogarithmic(values)
    ? { ...name, ...logScale(values) }
    : { ...name, ticks: 5, nice: true }
}

function saysOf({ name, lines }: Curve): string {
  const parts = lines.map(({ name: line, points }) => {
    const shown = line === "training" ? smoothed(points, Math.round(points.length / 20)) : points
    // The mean of the last stretch, where the running mean has no neighbours left.
    const end = points.slice(-Math.ceil(points.length / 20))
    const mean = end.reduce((sum, [, y]) => sum + y, 0) / end.length
    const [first, last] = [shown[0]![1], line === "training" ? mean : points.at(-1)![1]]
    return `${line}: from ${figures(first)} to ${figures(last)}${bestOf(name, line, points)}`
  })
  const long = lines.some(({ name: line, points }) => line !== "held-out" && points.length >= 60)
  const faint = long && name !== "learning rate" ? "; faint: single steps, strong: their running mean" : ""
  return `${parts.join("; ")}${faint}.`
}

/** A held-out loss that was lower before is the first sign of overfitting. */
function bestOf(name: string, line: string, points: Line["points"]): string {
  if (name !== "loss" || line !== "held-out") return ""
  const best = points.reduce((a, b) => (b[1] < a[1] ? b : a))
  return best === points.at(-1) ? "" : ` (lowest ${figures(best[1])} at step ${best[0]})`
}

function tableOf({ lines }: Curve): Figure["table"] {
  const steps = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b)
  const held = lines.find(({ name }) => name === "held-out")?.points.map(([x]) => x) ?? []
  const chosen = held.length > 1 ? thinned(held, ROWS) : thinned(steps, ROWS)
  return {
    head: ["step", ...lines.map(({ name }) => name)],
    rows: chosen.map((x) => [x, ...lines.map(({ points }) => points.find(([at]) => at === x)?.[1] ?? null)]),
  }
}

export const titled = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
