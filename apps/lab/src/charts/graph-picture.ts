import type { GraphEdge, GraphNode, Place, Plan } from "./graph-layout.ts"
import { LINE, textOf } from "./graph-layout.ts"
import { seriesColour } from "./series.ts"

/** The picture of a graph: nodes that can be pointed at, and a note that tells all of the one that is. */

/** Smaller than this nobody reads: then the picture scrolls. Larger than this nobody needs. */
const SMALLEST = 0.82
const LARGEST = 1.25

const NS = "http://www.w3.org/2000/svg"

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  text?: string,
): SVGElement {
  const made = document.createElementNS(NS, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  if (text !== undefined) made.textContent = text
  return made
}

const line = (x: number, y: number, text: string, fill: string, more: Record<string, string | number> = {}) =>
  element("text", { x, y, "text-anchor": "middle", "font-size": 13, fill, ...more }, text)

/** A smooth way through points: straight to the first middle, and from middle to middle about each corner. */
function way(points: readonly Place[]): string {
  const at = ({ x, y }: Place): string => `${x.toFixed(1)} ${y.toFixed(1)}`
  const middle = (a: Place, b: Place): Place => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 })
  const parts = [`M${at(points[0]!)}`]
  for (let i = 1; i < points.length - 1; i++)
    parts.push(`Q${at(points[i]!)} ${at(middle(points[i]!, points[i + 1]!))}`)
  return `${parts.join("")}L${at(points.at(-1)!)}`
}

function drawEdge(edge: GraphEdge, { points, label }: Plan["edges"][number]): SVGElement {
  const { state, cut = false, colour } = edge
  const stroke =
    state === "current" ? "var(--accent)" : colour === undefined ? "var(--quiet)" : seriesColour(colour)
  const group = element("g", { "data-from": edge.from, "data-to": edge.to })
  const dash = cut ? { "stroke-dasharray": "2 5" } : {}
  const weight = state === "current" ? 2.6 : state === "waiting" ? 0.9 : 1.4
  group.append(element("path", { d: way(points), fill: "none", stroke, "stroke-width": weight, ...dash }))
  const [before, end] = [points.at(-2)!, points.at(-1)!]
  const angle = (Math.atan2(end.y - before.y, end.x - before.x) * 180) / Math.PI
  const head = {
    d: "M0 0L-8 -4L-8 4Z",
    fill: stroke,
    transform: `translate(${end.x} ${end.y}) rotate(${angle})`,
  }
  group.append(element("path", head))
  if (label !== null && edge.label) {
    const halo = { stroke: "var(--ground)", "stroke-width": 4, "paint-order": "stroke", "font-size": 12 }
    group.append(
      line(label.x, label.y + 4, edge.label, state === "current" ? "var(--accent)" : "var(--quiet)", halo),
    )
  }
  return group
}

function drawNode(node: GraphNode, { x, y, width, height }: Plan["nodes"][number]): SVGElement {
  const { id, label, figures = [], given = false, colour = 0, state } = node
  const current = state === "current"
  const box = element("rect", {
    x: x - width / 2,
    y: y - height / 2,
    width,
    height,
    rx: given ? 2 : 11,
    fill: current ? "color-mix(in oklab, var(--accent) 16%, var(--panel))" : "var(--panel)",
    stroke: current ? "var(--accent)" : seriesColour(colour),
    "stroke-width": current ? 3 : 1.6,
    ...(state === "waiting" ? { "stroke-dasharray": "4 4" } : {}),
  })
  const top = y - height / 2 + 4
  const group = element("g", { "data-node": id })
  group.append(box, line(x, top + LINE - 3, label, "var(--ink)", { "font-weight": 600 }))
  figures.forEach((figure, i) => {
    const fill = figure.colour === undefined ? "var(--quiet)" : seriesColour(figure.colour)
    group.append(line(x, top + LINE * (i + 2) - 3, textOf(figure), fill, { "font-size": 12.5 }))
  })
  return group
}

/** All that is told of a node. */
export function told({ label, figures = [], details = {} }: GraphNode): string[] {
  return [label, ...figures.map(textOf), ...Object.entries(details).map(([name, text]) => `${name}: ${text}`)]
}

function drawNote(node: GraphNode, place: Plan["nodes"][number], { width, height }: Plan): SVGElement {
  const lines = told(node)
  const wide = Math.min(width, 16 + 7 * Math.max(...lines.map((text) => text.length)))
  const tall = 10 + LINE * lines.length
  const below = place.y + place.height / 2 + 6
  const y = below + tall <= height ? below : Math.max(2, place.y - place.height / 2 - 6 - tall)
  const x = Math.min(Math.max(place.x - wide / 2, 2), Math.max(2, width - wide - 2))
  const note = element("g", { "data-note": "" })
  note.append(
    element("rect", { x, y, width: wide, height: tall, rx: 4, fill: "var(--panel)", stroke: "var(--ink)" }),
  )
  lines.forEach((text, i) => {
    const weight = i === 0 ? { "font-weight": 600 } : {}
    note.append(
      line(x + 8, y + LINE * (i + 1) - 1, text, "var(--ink)", {
        "text-anchor": "start",
        "font-size": 12.5,
        ...weight,
      }),
    )
  })
  return note
}

export interface GraphPictureParts {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly plan: Plan
  readonly width: number
  /** A node is chosen by pressing it. */
  readonly pick?: ((id: string) => void) | undefined
}

/** The graph in a box of its own, in which it scrolls when the screen is too narrow for letters that can be read. */
export function graphPicture({ nodes, edges, plan, width, pick }: GraphPictureParts): HTMLElement {
  const scale = Math.min(LARGEST, Math.max(SMALLEST, (width - 2) / plan.width))
  const svg = element("svg", {
    width: Math.floor(plan.width * scale),
    height: Math.floor(plan.height * scale),
    viewBox: `0 0 ${plan.width} ${plan.height}`,
  })
  svg.style.maxWidth = "none"
  svg.style.margin = "0 auto"
  svg.append(...edges.map((edge, i) => drawEdge(edge, plan.edges[i]!)))
  svg.append(...nodes.map((node, i) => drawNode(node, plan.nodes[i]!)))
  const box = document.createElement("div")
  box.style.overflow = "auto"
  box.tabIndex = 0
  box.append(svg)

  let shown = -1
  const show = (at: number): void => {
    if (at === shown) return
    shown = at
    svg.querySelector("[data-note]")?.remove()
    const node = nodes[at]
    if (node !== undefined) svg.append(drawNote(node, plan.nodes[at]!, plan))
    for (const edge of svg.querySelectorAll<SVGElement>("[data-from]")) {
      const { from, to } = edge.dataset
      edge.style.opacity = node === undefined || from === node.id || to === node.id ? "" : "0.25"
    }
  }
  const under = ({ target }: Event): number => {
    const id = (target as Element).closest<SVGElement>("[data-node]")?.dataset.node
    return nodes.findIndex((node) => node.id === id)
  }
  box.addEventListener("pointerover", (event) => show(under(event)))
  box.addEventListener("pointerleave", () => show(-1))
  box.addEventListener("blur", () => show(-1))
  box.addEventListener("click", (event) => {
    const at = under(event)
    if (at >= 0) pick?.(nodes[at]!.id)
  })
  // With the keyboard: from node to node.
  box.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]
    if (event.key === "Escape") show(-1)
    if (event.key === "Enter" && shown >= 0) pick?.(nodes[shown]!.id)
    if (by === undefined) return
    event.preventDefault()
    // A lecturer's bar listens to the same keys.
    event.stopPropagation()
    show(Math.min(Math.max(shown + by, 0), nodes.length - 1))
    svg
      .querySelector(`[data-node="${CSS.escape(nodes[shown]!.id)}"]`)
      ?.scrollIntoView({ block: "nearest", inline: "nearest" })
  })
  return box
}
