import { depthSlope } from "../../backward/slope.ts"
import type { PlotOptions } from "../../pictures/draw.ts"
import type { LayerHistory, ParameterRow, Report } from "../report.ts"
import type { Figure } from "./figure.ts"
import { axis, C1, C2, depthColour, depthKey, drawnFor, figures, logScale, tick } from "./figure.ts"

/** Norms of gradients over time and depth, and how far each step moves the weights. */
export async function gradientFigures({ layers }: Report): Promise<Figure[]> {
  if (layers === null || layers.steps.length < 2) return []
  const weights = layers.parameters.filter(({ shape }) => shape.length > 1)
  const rows = weights.length > 0 ? weights : layers.parameters
  const all = [
    await overTime(rows, layers.steps, "gradientNorm", {
      title: "Gradient norms",
      says: (last) => `|∇L|₂ of each weight tensor; at the end from ${last}.`,
    }),
    await depthFigure(layers),
    await overTime(rows, layers.steps, "updateRatio", {
      title: "Update to weight",
      says: (last) =>
        `|Δw|/|w| of each step; 0.001 (dashed) is usual, far below learns little, far above is unsteady. At the end from ${last}.`,
      rule: 1e-3,
    }),
  ]
  return all.filter((figure) => figure !== null)
}

interface OverTime {
  readonly title: string
  readonly says: (range: string) => string
  readonly rule?: number
}

async function overTime(
  rows: readonly ParameterRow[],
  steps: readonly number[],
  quantity: "gradientNorm" | "updateRatio",
  { title, says, rule }: OverTime,
): Promise<Figure | null> {
  const points = rows.flatMap((row, depth) =>
    steps.flatMap((step, i) => {
      const value = row[quantity][i] ?? null
      if (value === null || !(value > 0) || !Number.isFinite(value)) return []
      return [{ step, value, depth, stroke: depthColour(depth, rows.length) }]
    }),
  )
  if (points.length < 2) return null
  const values = points.map(({ value }) => value)
  const svg = await drawnFor(({ line, ruleY }) => ({
    x: { ...axis("step"), ticks: 5, tickFormat: tick },
    y: logAxis(rule === undefined ? values : [...values, rule]),
    color: { type: "identity" },
    marks: [
      ...(rule === undefined ? [] : [ruleY([rule], { stroke: "var(--muted)", strokeDasharray: "4 3" })]),
      line(points, { x: "step", y: "value", z: "depth", stroke: "stroke", strokeWidth: 1.6 }),
    ],
  }))
  const last = rows.map((row) => row[quantity].at(-1) ?? null)
  const known = last.filter((value) => value !== null && Number.isFinite(value)) as number[]
  const range = `${figures(Math.min(...known))} to ${figures(Math.max(...known))}`
  return {
    section: "gradients",
    title,
    says: says(known.length === 0 ? "–" : range),
    svg,
    key: rows.length > 1 ? depthKey : [],
    table: {
      head: ["parameter", `step ${steps[0]}`, `step ${steps[steps.length >> 1]}`, `step ${steps.at(-1)}`],
      rows: rows.map((row) => [
        row.path,
        ...[0, steps.length >> 1, steps.length - 1].map((i) => row[quantity][i] ?? null),
      ]),
    },
  }
}

/** Root mean square of the loss's derivative by each layer's output: a straight line here is an exponential law. */
async function depthFigure({ layers, steps }: LayerHistory): Promise<Figure | null> {
  const seen = layers.filter(({ gradient }) => (gradient.at(-1) ?? 0) > 0)
  if (seen.length < 2) return null
  const name = ({ path, type }: { path: string; type: string }): string => `${path} ${type}`.trim()
  const at = (i: number, moment: string) =>
    seen.flatMap((layer, depth) => {
      const value = layer.gradient.at(i) ?? 0
      return value > 0 && Number.isFinite(value) ? [{ depth: depth + 1, value, moment }] : []
    })
  const [first, last] = [at(0, "first"), at(-1, "last")]
  const svg = await drawnFor(({ line, dot }) => ({
    x: { ...axis("depth"), ticks: Math.min(seen.length, 8), tickFormat: "d" },
    y: logAxis([...first, ...last].map(({ value }) => value)),
    marks: [
      line(first, { x: "depth", y: "value", stroke: C2, strokeWidth: 1.4 }),
      dot(first, { x: "depth", y: "value", fill: C2, r: 2.5 }),
      line(last, { x: "depth", y: "value", stroke: C1, strokeWidth: 2 }),
      dot(last, { x: "depth", y: "value", fill: C1, r: 3 }),
    ],
  }))
  const { factor, firstToLast } = depthSlope(last.map(({ value }) => value))
  return {
    section: "gradients",
    title: "Gradient over depth",
    says: `rms of ∂L/∂output by layer. At the end each layer multiplies it by ${figures(1 / factor)} on the way back; the first has ${figures(firstToLast)} times that of the last.`,
    svg,
    key: [
      [`step ${steps[0]}`, C2],
      [`step ${steps.at(-1)}`, C1],
    ],
    table: {
      head: ["layer", `step ${steps[0]}`, `step ${steps.at(-1)}`],
      rows: seen.map((layer) => [name(layer), layer.gradient[0] ?? null, layer.gradient.at(-1) ?? null]),
    },
  }
}

function logAxis(values: readonly number[]): NonNullable<PlotOptions["y"]> {
  return { label: null, grid: true, tickFormat: tick, ...logScale(values) }
}
