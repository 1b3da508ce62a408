import type { SpectralDensity } from "../curvature/index.ts"
import type { Mark, Plot, ScaleOptions } from "../pictures/draw.ts"
import { drawn, escaped } from "../pictures/draw.ts"
import type { Connection, Interpolation } from "./connection.ts"
import type { Levels } from "./levels.ts"
import { cssColour, levelsOf, shareOf } from "./levels.ts"
import type { LineSlice, PlaneSlice } from "./slice.ts"

/** Okabe and Ito's blue and vermilion, which most colour-blind people can tell apart. */
const [BLUE, VERMILION] = ["#0072b2", "#d55e00"]
const LINES = [BLUE, VERMILION, "#009e73", "#cc79a7"]

export interface PictureOptions {
  readonly title?: string
}

/**
 * A picture of the loss on a plane as SVG: coloured contours with a scale beside, the path of a training on it, from the
 * hollow circle to the full one.
 *
 * Pictures are drawn by Observable Plot, which is loaded when the first one is asked for; outside browsers it draws on
 * linkedom's document.
 */
export async function landscapeSvg(
  slice: PlaneSlice,
  { title = "Loss landscape" }: PictureOptions = {},
): Promise<string> {
  const levels = levelsOf(slice)
  const { x, y, labels } = slice
  const main = await drawn((plot) => ({
    width: 560,
    height: 520,
    marginLeft: 56,
    marginBottom: 48,
    marginTop: 26,
    x: { label: labels[0], domain: [x[0]!, x.at(-1)!], labelAnchor: "center", labelArrow: "none" },
    y: { label: labels[1], domain: [y[0]!, y.at(-1)!], labelAnchor: "center", labelArrow: "none" },
    color: planeColours(levels),
    marks: planeMarks(plot, slice, levels),
  }))
  return framed(title, [680, 520], [main, await scale(levels)])
}

/** The contours' colours. */
export function planeColours(levels: Levels): ScaleOptions {
  return {
    type: "threshold",
    domain: [...levels.thresholds],
    range: [levels.low, ...levels.thresholds].map((level) => cssColour(shareOf(level, levels))),
  }
}

/** Contours of the loss, and the path of the training on them. */
export function planeMarks({ contour, line, dot, frame }: Plot, slice: PlaneSlice, levels: Levels): Mark[] {
  const { x, y, path } = slice
  const heights = Array.from(slice.values, (value) => clipped(value, levels))
  const contours = contour(heights, {
    ...{ width: x.length, height: y.length, x1: x[0]!, x2: x.at(-1)!, y1: y[0]!, y2: y.at(-1)! },
    fill: (value: number) => value,
    thresholds: [levels.low, ...levels.thresholds],
    stroke: "#00000055",
    strokeWidth: 0.6,
  })
  if (path.length === 0) return [contours, frame()]
  return [
    contours,
    frame(),
    line(path as [number, number][], { stroke: "#ffffff", strokeWidth: 2, clip: true }),
    dot(path as [number, number][], { fill: "#ffffff", r: 2, clip: true }),
    dot([path[0]!], { fill: "#111111", stroke: "#ffffff", strokeWidth: 2, r: 5, clip: true }),
    dot([path.at(-1)!], { fill: "#ffffff", stroke: "#111111", strokeWidth: 1.5, r: 6, clip: true }),
  ]
}

/** The loss never leaves the levels, so that the colours cover the plane. */
function clipped(value: number, { low, high }: Levels): number {
  return Number.isNaN(value) ? high : Math.min(Math.max(value, low), high)
}

/** The bar of colours with the losses that they stand for. */
async function scale(levels: Levels): Promise<string> {
  const bounds = [levels.low, ...levels.thresholds]
  const cells = levels.thresholds.map((y2, i) => ({ y1: bounds[i]!, y2, fill: cssColour((i + 0.5) / 20) }))
  const bar = await drawn(({ rect }) => ({
    width: 110,
    height: 520,
    marginLeft: 60,
    marginRight: 24,
    marginBottom: 48,
    marginTop: 26,
    x: { axis: null },
    y: {
      type: levels.logarithmic ? "log" : "linear",
      domain: [levels.low, levels.high],
      label: "loss",
      labelArrow: "none",
      ticks: 6,
      tickFormat: (value: number) => String(Number(value.toPrecision(2))),
      grid: false,
    },
    marks: [rect(cells, { x1: 0, x2: 1, y1: "y1", y2: "y2", fill: "fill", inset: -0.3 })],
  }))
  return bar.replace("<svg ", '<svg x="565" ')
}

/** The loss along a line, or several of them. */
export async function lineSvg(
  slices: Readonly<Record<string, Pick<LineSlice, "at" | "values">>>,
  {
    title = "Loss along a line",
    xLabel = "step along the direction",
  }: PictureOptions & { readonly xLabel?: string } = {},
): Promise<string> {
  const names = Object.keys(slices)
  const rows = names.flatMap((name) => {
    const { at, values } = slices[name]!
    return Array.from(at, (x, i) => ({ x, y: values[i]!, name })).filter(({ y }) => Number.isFinite(y))
  })
  const main = await drawn(({ line }) => ({
    width: 680,
    height: 360,
    marginLeft: 60,
    marginBottom: 46,
    marginTop: 26,
    marginRight: 24,
    x: { label: xLabel, labelAnchor: "center", labelArrow: "none" },
    y: { label: "loss", labelArrow: "none", grid: true, nice: true },
    color: { domain: names, range: LINES },
    marks: [line(rows, { x: "x", y: "y", stroke: "name", strokeWidth: 2 })],
  }))
  const legend = names.length < 2 ? [] : names.map((name, i) => [name, LINES[i % LINES.length]!] as const)
  return framed(title, [680, 360], [main], legend)
}

/** The loss on a curve between two networks, and on the straight line. */
export function connectionSvg(
  found: Connection | Interpolation,
  options: PictureOptions = {},
): Promise<string> {
  const lines =
    "straight" in found
      ? { "straight line": found.straight, "trained curve": found }
      : { "straight line": found }
  return lineSvg(lines, {
    title: "Between two networks",
    xLabel: "t: 0 is the first, 1 the second",
    ...options,
  })
}

/** Marks of a spectrum's picture beside the density. */
export interface SpectrumMarks extends PictureOptions {
  /** Eigenvalues that are known by themselves. */
  readonly eigenvalues?: readonly number[]
  /** 2/η: eigenvalues above diverge at that rate. */
  readonly stability?: number
}

/** The density of eigenvalues, on a logarithmic scale, since almost all of them are near 0. */
export async function spectrumSvg(
  { grid, density, size }: Pick<SpectralDensity, "grid" | "density" | "size">,
  { title = "Spectrum of the Hessian", eigenvalues = [], stability }: SpectrumMarks = {},
): Promise<string> {
  const peak = density.reduce((a, b) => Math.max(a, b), 0)
  const floor = peak * 1e-6
  const rows = Array.from(grid, (x, i) => ({ x, y: Math.max(density[i]!, floor) }))
  const main = await drawn((plot) => ({
    width: 680,
    height: 360,
    marginLeft: 64,
    marginBottom: 46,
    marginTop: 26,
    x: { label: "eigenvalue", labelAnchor: "center", labelArrow: "none" },
    y: {
      type: "log",
      domain: [floor, peak * 2],
      label: `density (of ${size} eigenvalues)`,
      labelArrow: "none",
      ticks: 6,
      tickFormat: (value: number) => String(Number(value.toPrecision(1))),
      grid: true,
    },
    marks: spectrumMarks(plot, rows, {
      floor,
      peak,
      eigenvalues,
      ...(stability !== undefined && { stability }),
    }),
  }))
  return framed(title, [680, 360], [main])
}

interface SpectrumPlace {
  readonly floor: number
  readonly peak: number
  readonly eigenvalues: readonly number[]
  readonly stability?: number
  /** Colours of the density, of 2/η and of single eigenvalues. */
  readonly colours?: readonly [density: string, stability: string, eigenvalue: string]
}

/** The density over a logarithmic axis, eigenvalues that are known by themselves, and 2/η where it is near. */
export function spectrumMarks(
  { areaY, lineY, ruleX, tickX, text }: Plot,
  rows: readonly { x: number; y: number }[],
  { floor, peak, eigenvalues, stability, colours = [BLUE, VERMILION, "#111111"] }: SpectrumPlace,
): Mark[] {
  const [density, limit, single] = colours
  const inside = stability !== undefined && stability <= rows.at(-1)!.x * 1.5
  return [
    areaY(rows, { x: "x", y1: floor, y2: "y", fill: density, fillOpacity: 0.18 }),
    lineY(rows, { x: "x", y: "y", stroke: density, strokeWidth: 1.6 }),
    ruleX([0], { stroke: "#999999", strokeDasharray: "2 3" }),
    ruleX([...eigenvalues], { y1: floor, y2: floor * 6, stroke: single, strokeWidth: 1.5 }),
    ...(inside
      ? [
          tickX([stability], { stroke: limit, strokeWidth: 1.6 }),
          text([stability], {
            x: (d) => d,
            y: peak,
            text: () => "2/η",
            fill: limit,
            dx: 6,
            textAnchor: "start",
          }),
        ]
      : []),
  ]
}

/** Room for the title and the names of the lines. */
const HEAD = 32

function framed(
  title: string,
  [width, height]: readonly [number, number],
  parts: readonly string[],
  legend: readonly (readonly [name: string, colour: string])[] = [],
): string {
  const total = height + HEAD
  const names = legend.map(
    ([name, colour], i) =>
      `<text x="${width - 24 - 130 * (legend.length - 1 - i)}" y="22" font-size="13" text-anchor="end" fill="${colour}">━ ${escaped(name)}</text>`,
  )
  const head = `<text x="16" y="22" font-size="15" font-weight="600" fill="#222222">${escaped(title)}</text>`
  const body = parts.map((part) => part.replace("<svg ", `<svg y="${HEAD}" `)).join("")
  const size = `width="${width}" height="${total}" viewBox="0 0 ${width} ${total}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="system-ui, sans-serif"><title>${escaped(title)}</title><rect width="100%" height="100%" fill="#ffffff"/>${body}${head}${names.join("")}</svg>\n`
}
