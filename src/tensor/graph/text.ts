import { formatShape } from "../../base/index.ts"
import type { Graph, GraphNode } from "./graph-of.ts"

function lines(node: GraphNode): string[] {
  const out = [node.op, `${node.dtype} ${formatShape(node.shape)}`]
  if (node.value !== undefined) out.push(`= ${shorten(node.value)}`)
  if (node.gradient !== undefined) out.push(`grad ${shorten(node.gradient)}`)
  return out
}

function shorten(values: readonly number[]): string {
  const shown = values.slice(0, 4).map((value) => String(Number(value.toPrecision(4))))
  return shown.join(", ") + (values.length > 4 ? ", …" : "")
}

/** Nodes by module, those outside any module first. */
function byModule(graph: Graph): [string, GraphNode[]][] {
  const groups = new Map<string, GraphNode[]>([["", []]])
  for (const node of graph.nodes) {
    const list = groups.get(node.module)
    if (list === undefined) groups.set(node.module, [node])
    else list.push(node)
  }
  return [...groups]
}

const dotShapes: Record<GraphNode["kind"], string> = {
  input: "shape=ellipse",
  parameter: "shape=ellipse style=filled fillcolor=lightyellow",
  constant: "shape=plaintext",
  op: "shape=box style=rounded",
}

/** The graph in Graphviz's language. */
export function toDot(graph: Graph): string {
  const quote = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`
  const out = ["digraph nabla {", "  rankdir=TB", "  node [fontname=sans fontsize=10]"]
  byModule(graph).forEach(([module, nodes], i) => {
    if (module !== "") out.push(`  subgraph cluster_${i} {`, `    label=${quote(module)}`)
    for (const node of nodes) {
      const label = lines(node)
        .map((line) => quote(line).slice(1, -1))
        .join("\\n")
      out.push(`    ${node.id} [label="${label}" ${dotShapes[node.kind]}]`)
    }
    if (module !== "") out.push("  }")
  })
  for (const { from, to } of graph.edges) out.push(`  ${from} -> ${to}`)
  return `${[...out, "}"].join("\n")}\n`
}

const mermaidShapes: Record<GraphNode["kind"], [string, string]> = {
  input: ["([", "])"],
  parameter: ["[/", "/]"],
  constant: ["((", "))"],
  op: ["[", "]"],
}

/** The graph in Mermaid's language. */
export function toMermaid(graph: Graph): string {
  const escaped = (text: string): string =>
    text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;")
  const out = ["flowchart TD"]
  byModule(graph).forEach(([module, nodes], i) => {
    if (module !== "") out.push(`  subgraph m${i}["${escaped(module)}"]`)
    for (const node of nodes) {
      const [open, close] = mermaidShapes[node.kind]
      out.push(`    ${node.id}${open}"${lines(node).map(escaped).join("<br/>")}"${close}`)
    }
    if (module !== "") out.push("  end")
  })
  for (const { from, to } of graph.edges) out.push(`  ${from} --> ${to}`)
  return `${out.join("\n")}\n`
}
