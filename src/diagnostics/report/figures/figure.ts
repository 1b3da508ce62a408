import type { Plot, PlotOptions } from "../../pictures/draw.ts"
import { drawn } from "../../pictures/draw.ts"

export type Section = "training" | "layers" | "gradients" | "curvature"

/** A picture, what it says in words, and its numbers. */
export interface Figure {
  readonly section: Section
  readonly title: string
  /** What there is to see: the caption, and the text for those who do not see the picture. */
  readonly says: string
  /** Colours are custom properties of the page: --ink, --c1 … --c3, --deep, --shallow. */
  readonly svg: string
  /** Lines that share a picture, with their colours. */
  readonly key: readonly (readonly [name: string, colour: string])[]
  readonly table: FigureTable
}

export interface FigureTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}

/** As wide as a phone shows text at its size. */
export const WIDTH = 400

export const [C1, C2, C3] = ["var(--c1)", "var(--c2)", "var(--c3)"]

/** From the first layer to the last one. */
export function depthColour(index: number, count: number): string {
  const share = count < 2 ? 0 : Math.round((100 * index) / (count - 1))
  return `color-mix(in oklab, var(--deep) ${share}%, var(--shallow))`
}

export const depthKey: Figure["key"] = [
  ["first layer", "var(--shallow)"],
  ["last layer", "var(--deep)"],
]

const STYLE = {
  background: "none",
  color: "var(--ink)",
  "font-family": "inherit",
  "font-size": "12px",
  overflow: "visible",
}

/** Draws in the page's colours, without a ground of its own. */
export function drawnFor(options: (plot: Plot) => PlotOptions): Promise<string> {
  return drawn(
    (plot) => ({ width: WIDTH, height: 240, marginLeft: 52, marginBottom: 40, ...options(plot) }),
    STYLE,
  )
}

/** An axis with its name in the middle. */
export const axis = (label: string): { label: string; labelAnchor: "center"; labelArrow: "none" } => ({
  label,
  labelAnchor: "center",
  labelArrow: "none",
})

/** Whether a quantity is better shown by its logarithm: above 0, and over more than a factor of 8. */
export function isLogarithmic(values: readonly number[]): boolean {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity)
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity)
  return low > 0 && high / low > 8
}

/** Few ticks, with few figures: 0.001, 1e-9. */
export function tick(value: number): string {
  if (value === 0) return "0"
  const size = Math.abs(value)
  if (size >= 1e5 || size < 1e-3) return value.toExponential(0).replace("e+", "e").replace("-", "−")
  return String(Number(value.toPrecision(3))).replace("-", "−")
}

/** A number as it is read: three figures. */
export function figures(value: number | null): string {
  if (value === null) return "–"
  if (Number.isNaN(value)) return "NaN"
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞"
  if (value === 0) return "0"
  const size = Math.abs(value)
  const text = size >= 1e6 || size < 1e-3 ? value.toExponential(1).replace("e+", "e") : shortened(value)
  return text.replaceAll("-", "−")
}

function shortened(value: number): string {
  return Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString("en")
    : String(Number(value.toPrecision(3)))
}

export const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`

/** A logarithmic axis over the values, with powers of ten for ticks where there are enough of them. */
export function logScale(values: readonly number[]): {
  type: "log"
  domain: [number, number]
  ticks: number[]
} {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value))
  const [low, high] = [Math.min(...positive) / 1.15, Math.max(...positive) * 1.15]
  const decades = Math.log10(high / low)
  const digits = decades < 1.5 ? [1, 2, 5] : decades < 2.5 ? [1, 3] : [1]
  const step = Math.max(1, Math.ceil(decades / 5))
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))]
  const powers = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step)
  const ticks = powers.flatMap((power) => digits.map((digit) => digit * 10 ** power))
  return { type: "log", domain: [low, high], ticks: ticks.filter((value) => value >= low && value <= high) }
}
