import { Graph, layout } from "@dagrejs/dagre"
import { formatNumber } from "../design/numbers.ts"

/** A line in a node: a value, a gradient, a shape. */
export interface Figure {
  readonly name: string
  /** null: not known yet, but its room is kept. */
  readonly value: number | string | null
  /** What is drawn, where it is not the name and the value. */
  readonly text?: string
  /** Number of its colour. */
  readonly colour?: number
}

export interface GraphNode {
  readonly id: string
  readonly label: string
  readonly figures?: readonly Figure[]
  /** Given, not computed: drawn with corners. */
  readonly given?: boolean
  /** Number of the colour of its frame. */
  readonly colour?: number
  readonly state?: "current" | "waiting"
  /** What is told of it besides, by name. */
  readonly details?: Readonly<Record<string, string>>
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** What stands at it; an empty text keeps its room. */
  readonly label?: string
  readonly colour?: number
  readonly state?: "current" | "waiting"
  /** Nothing passes. */
  readonly cut?: boolean
}

export interface Place {
  readonly x: number
  readonly y: number
}

/** Where everything is: in the order of the nodes and the edges. */
export interface Plan {
  readonly width: number
  readonly height: number
  readonly nodes: readonly (Place & { readonly width: number; readonly height: number })[]
  readonly edges: readonly { readonly points: readonly Place[]; readonly label: Place | null }[]
}

export const LINE = 17
/** Width of a letter at 13 px, and what an edge's label has room for. */
const LETTER = 7.3
const EDGE_LETTERS = 7
/** A number takes as much room as the longest one, so that nothing moves when it becomes known. */
const DIGITS = 9

export const textOf = ({ name, value, text }: Figure): string =>
  text ?? `${name} ${value === null ? "…" : formatNumber(value)}`.trim()

const roomOf = (figure: Figure): number =>
  figure.text === undefined && typeof figure.value !== "string"
    ? figure.name.length + 1 + DIGITS
    : textOf(figure).length

export function sizeOf({ label, figures = [] }: GraphNode): { width: number; height: number } {
  const letters = Math.max(label.length + 1, ...figures.map(roomOf))
  return { width: Math.ceil(16 + LETTER * letters), height: 14 + LINE * (1 + figures.length) }
}

/** What the layout depends on, as a text: as long as it stays, so does the layout. */
export const formOf = (nodes: readonly GraphNode[], edges: readonly GraphEdge[]): string =>
  JSON.stringify([
    nodes.map((node) => [node.id, ...Object.values(sizeOf(node))]),
    edges.map(({ from, to, label }) => [from, to, label !== undefined]),
  ])

/** Places a graph in layers, from what is given to what comes of it. Without a page, so that a Worker can do it too. */
export function planOf(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  direction: "down" | "right",
): Plan {
  // Two edges may join the same nodes, as in x·x.
  const graph = new Graph({ multigraph: true })
  graph.setGraph({
    rankdir: direction === "down" ? "TB" : "LR",
    nodesep: 18,
    ranksep: 30,
    marginx: 8,
    marginy: 8,
  })
  for (const node of nodes) graph.setNode(node.id, sizeOf(node))
  edges.forEach(({ from, to, label }, i) => {
    const room = label === undefined ? {} : { width: EDGE_LETTERS * 6.4, height: 15, labelpos: "c" }
    graph.setEdge(from, to, room, String(i))
  })
  layout(graph)
  const { width, height } = graph.graph() as { width: number; height: number }
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: nodes.map(({ id }) => {
      const { x, y, width, height } = graph.node(id) as Plan["nodes"][number]
      return { x, y, width, height }
    }),
    edges: edges.map(({ from, to, label }, i) => {
      const { points, x, y } = graph.edge(from, to, String(i)) as Place & { points: readonly Place[] }
      return { points: points.map(({ x, y }) => ({ x, y })), label: label === undefined ? null : { x, y } }
    }),
  }
}

/** Across where that fits, otherwise down: so it is on a phone. */
export function fitting(plans: { readonly right: Plan; readonly down: Plan }, width: number): Plan {
  return plans.right.width <= width ? plans.right : plans.down
}
