import { contours } from "d3-contour"
import type { Point, Surface } from "../../surfaces/index.ts"
import { heightsOf } from "./race-levels.ts"
import type { Runner } from "./race-runner.ts"

/** Okabe and Ito's colours, which most colour-blind people can tell apart; black and yellow are hard to see here. */
const colours = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7b3294", "#444444"]

const GRID = 160
/** The plot, and the room around it for labels, in pixels. */
const [SIZE, LEFT, TOP, BOTTOM] = [640, 56, 48, 36]
const LEGEND = 330

/** Coordinates of the surface to pixels. */
interface Frame {
  readonly width: number
  readonly height: number
  x(value: number): number
  y(value: number): number
}

/** The paths over the contours of the surface, with a legend that says how each ended. */
export function raceSvg(surface: Surface, runners: readonly Runner[]): string {
  const frame = frameOf(surface)
  const [width, height] = [
    LEFT + frame.width + LEGEND,
    TOP + Math.max(frame.height, 54 * runners.length) + BOTTOM,
  ]
  const parts = [
    `<title>${escaped(`Optimizers on ${surface.name}`)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="26" font-size="17" font-weight="600">${escaped(surface.name)}  <tspan font-weight="400" fill="#555555" font-size="13">f = ${escaped(surface.formula)}</tspan></text>`,
    `<clipPath id="plot"><rect width="${frame.width}" height="${frame.height}"/></clipPath>`,
    `<g transform="translate(${LEFT} ${TOP})">`,
    `<g clip-path="url(#plot)">${contourPaths(surface, frame)}${runners.map((runner, i) => pathOf(runner, i, frame)).join("")}${landmarks(surface, runners, frame)}</g>`,
    axes(surface, frame),
    legend(runners, frame),
    "</g>",
  ]
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="system-ui, sans-serif" fill="#222222">\n${parts.join("\n")}\n</svg>\n`
}

function frameOf({ region }: Surface): Frame {
  const [[left, right], [low, high]] = region as [[number, number], [number, number]]
  const ratio = Math.min(Math.max((high - low) / (right - left), 0.4), 1.2)
  const [width, height] = [SIZE, Math.round(SIZE * ratio)]
  return {
    width,
    height,
    x: (value) => ((value - left) / (right - left)) * width,
    y: (value) => ((high - value) / (high - low)) * height,
  }
}

function contourPaths(surface: Surface, { width, height }: Frame): string {
  const { columns, rows, values, levels } = heightsOf(surface, GRID, Math.round((GRID * height) / width), 14)
  const bands = contours()
    .size([columns, rows])
    .thresholds([...levels])([...values])
  const drawn = bands.map(({ coordinates }, i) => {
    const rings = coordinates
      .flat()
      .map((ring) =>
        ring.map(([x, y]) => `${px((x! / columns) * width)},${px((y! / rows) * height)}`).join("L"),
      )
    const light = 97 - (i / Math.max(1, bands.length - 1)) * 27
    const fill = `hsl(215 30% ${light.toFixed(1)}%)`
    return rings.length === 0 ? "" : `<path d="${rings.map((ring) => `M${ring}Z`).join("")}" fill="${fill}"/>`
  })
  const floor = `<rect width="${width}" height="${height}" fill="#ffffff"/>`
  return `${floor}<g stroke="#8fa1b8" stroke-width="0.6">${drawn.join("")}</g>`
}

function pathOf({ label, path }: Runner, i: number, frame: Frame): string {
  // Far outside nothing is seen, and very large numbers upset viewers.
  const near = (value: number): number => Math.max(-1e4, Math.min(1e4, value))
  const places = path.points
    .filter((point) => point.every((x) => Number.isFinite(x)))
    .map(([x, y]) => [near(frame.x(x!)), near(frame.y(y!))] as const)
  const colour = colours[i % colours.length]!
  const points = places.map(([x, y]) => `${px(x)},${px(y)}`).join(" ")
  const dots = places.map(([x, y]) => `<circle cx="${px(x)}" cy="${px(y)}" r="1.8"/>`).join("")
  const [x, y] = places.at(-1)!
  const end = `<circle cx="${px(x)}" cy="${px(y)}" r="5" stroke="#ffffff" stroke-width="1.5"/>`
  return `<g fill="${colour}"><title>${escaped(label)}</title><polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round" stroke-opacity="0.85"/>${dots}${end}</g>`
}

function landmarks(surface: Surface, runners: readonly Runner[], { x, y }: Frame): string {
  const place = ([a, b]: Point): string => `translate(${px(x(a!))} ${px(y(b!))})`
  const minima = surface.minima.map(
    ({ point }) =>
      `<path transform="${place(point)}" d="M-5-5L5 5M-5 5L5-5" stroke="#111111" stroke-width="2"/>`,
  )
  const saddles = surface.saddles.map(
    ({ point }) =>
      `<path transform="${place(point)}" d="M-4 0H4M0-4V4" stroke="#111111" stroke-width="1.2"/>`,
  )
  const start = runners[0]?.path.points[0]
  const begin =
    start === undefined
      ? ""
      : `<circle transform="${place(start)}" r="6" fill="#ffffff" stroke="#111111" stroke-width="2"/>`
  return [...minima, ...saddles, begin].join("")
}

function axes({ region }: Surface, { width, height, x, y }: Frame): string {
  const [[left, right], [low, high]] = region as [[number, number], [number, number]]
  const bottom = ticks(left, right).map(
    (t) =>
      `<path d="M${px(x(t))} ${height}v5"/><text x="${px(x(t))}" y="${height + 19}" text-anchor="middle">${t}</text>`,
  )
  const side = ticks(low, high).map(
    (t) => `<path d="M0 ${px(y(t))}h-5"/><text x="-9" y="${px(y(t) + 4)}" text-anchor="end">${t}</text>`,
  )
  const box = `<rect width="${width}" height="${height}" fill="none" stroke="#222222"/>`
  return `<g font-size="12" stroke-width="0"><g stroke="#222222" stroke-width="1">${box}</g>${[...bottom, ...side].join("").replaceAll("<path", '<path stroke="#222222" stroke-width="1"')}</g>`
}

/** Round numbers, about five of them. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10)
  const first = Math.ceil(low / step)
  const count = Math.floor(high / step) - first + 1
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(6)))
}

function legend(runners: readonly Runner[], { width }: Frame): string {
  const entries = runners.map(({ label, path }, i) => {
    const y = 12 + i * 54
    const value = Number(path.values.at(-1)!.toPrecision(4))
    return `<g transform="translate(${width + 24} ${y})"><path d="M0 0h26" stroke="${colours[i % colours.length]}" stroke-width="3"/><text x="36" y="4" font-size="14">${escaped(label)}</text><text x="36" y="22" font-size="12" fill="#555555">${path.behaviour}, f = ${value} after ${path.steps} steps</text></g>`
  })
  return entries.join("")
}

function px(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
}
