import type { LabelledPoint } from "../engine/data.ts"
import type { Layout, Link } from "../view/layout.ts"
import { NODE } from "../view/layout.ts"
import { save } from "./save.ts"

/** Pictures of the page as SVG: lines, points and text as such, maps as images in them. */

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")

const drawing = (width: number, height: number, parts: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif">\n${parts.join("\n")}\n</svg>\n`

const map = (image: string, x: number, y: number, size: number): string =>
  `<image href="${image}" x="${x}" y="${y}" width="${size}" height="${size}" preserveAspectRatio="none"/>`

const SIZE = 360

export interface OutputPicture {
  readonly title: string
  /** The map, as the address of an image. */
  readonly image: string
  readonly train: readonly LabelledPoint[]
  readonly test: readonly LabelledPoint[]
  readonly colourOf: (label: number) => string
}

/** The output over [−6, 6]² with its points. */
export function outputSvg({ title, image, train, test, colourOf }: OutputPicture): string {
  const place = (v: number): string => (((v + 6) / 12) * SIZE).toFixed(2)
  const dots = (points: readonly LabelledPoint[], ring: string): string[] =>
    points.map(
      ({ x, y, label }) =>
        `<circle cx="${place(x)}" cy="${place(-y)}" r="3" fill="${colourOf(label)}" stroke="${ring}"/>`,
    )
  const name = `<title>${escaped(title)}</title>`
  return drawing(SIZE, SIZE, [name, map(image, 0, 0, SIZE), ...dots(test, "#000"), ...dots(train, "#fff")])
}

export interface LinkStyle {
  readonly width: number
  readonly colour: string
  readonly opacity: number
}

export interface NetworkPicture {
  readonly layout: Layout
  readonly links: readonly (readonly [Link, LinkStyle])[]
  /** Of each column the maps of its units, as addresses of images. */
  readonly images: readonly (readonly string[])[]
}

/** The network with its weights, and what each unit gives. */
export function networkSvg({ layout, links, images }: NetworkPicture): string {
  const lines = links.map(([{ from, to }, { width, colour, opacity }]) => {
    const middle = (from.left + to.left) / 2
    const course = `M${from.left} ${from.top}C${middle} ${from.top} ${middle} ${to.top} ${to.left} ${to.top}`
    return `<path d="${course}" fill="none" stroke="${colour}" stroke-width="${width.toFixed(2)}" opacity="${opacity.toFixed(2)}"/>`
  })
  const nodes = layout.columns.flatMap((column, i) =>
    column.flatMap(({ left, top }, k) => [
      map(images[i]?.[k] ?? "", left, top, NODE),
      `<rect x="${left}" y="${top}" width="${NODE}" height="${NODE}" fill="none" stroke="#888" stroke-width="1.5"/>`,
    ]),
  )
  return drawing(layout.width, layout.height, ["<title>Network</title>", ...lines, ...nodes])
}

export const saveSvg = (name: string, text: string): void =>
  save(name, new Blob([text], { type: "image/svg+xml" }))
