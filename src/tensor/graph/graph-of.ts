import type { DType, Shape } from "../../base/index.ts"
import { explain, readSync } from "../../engine/index.ts"
import type { Node, Origin } from "../../graph/index.ts"
import { sourceOp, topologicalOrder } from "../../graph/index.ts"
import { constantOp, erase, primitiveOf } from "../../ops/index.ts"
import type { Tensor } from "../tensor.ts"
import { leafOf } from "../tensor.ts"

/**
 * What a graph shows: `user`, the functions and modules that were called; `primitive`, the operations that derivatives
 * are made of; `kernel`, what the device runs.
 */
export type GraphLevel = "user" | "primitive" | "kernel"

export interface GraphNode {
  readonly id: string
  /** Name of the function, primitive or kernel; `input`, `parameter` or a number for what was given. */
  readonly op: string
  readonly kind: "input" | "parameter" | "constant" | "op"
  readonly shape: Shape
  readonly dtype: DType
  /** Path of the module that it was made in, or "". */
  readonly module: string
  readonly value?: readonly number[]
  readonly gradient?: readonly number[]
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
}

export interface Graph {
  readonly level: GraphLevel
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

export interface GraphOptions {
  readonly level?: GraphLevel
  /** Show values as well; computes the graph. */
  readonly values?: boolean
  /** Show the gradients that backward() has left on leaves. */
  readonly gradients?: boolean
}

/** The graph that made a tensor (or several): nodes with op, shape and type, and the edges between them. */
export function graphOf(output: Tensor | readonly Tensor[], options: GraphOptions = {}): Graph {
  const roots = (Array.isArray(output) ? (output as readonly Tensor[]) : [output as Tensor]).map(
    (t) => t.node,
  )
  const { level = "user" } = options
  if (level === "kernel") return kernelGraph(roots, options)
  const order = topologicalOrder(roots, (node) => leafOf(node) === undefined)
  const groups = new Grouping(order, roots, level)
  // Edges first: a computed node forgets its inputs unless a derivative may be asked for.
  const edges = groups.edges()
  return { level, nodes: groups.nodes(options), edges }
}

function modulePath(origin: Origin | null): string {
  const names: string[] = []
  for (let at = origin; at !== null; at = at.parent)
    if (at.kind === "module" && at.name !== "") names.unshift(at.name)
  return names.at(-1) ?? ""
}

/** The outermost function call below the innermost module: what the user wrote. */
function userCall(origin: Origin | null): Origin | null {
  let call: Origin | null = null
  for (let at = origin; at !== null && at.kind === "function"; at = at.parent) call = at
  return call
}

function describe(
  node: Node,
  id: string,
  op: string,
  kind: GraphNode["kind"],
  options: GraphOptions,
): GraphNode {
  const { shape, aval, origin } = node
  const plain = { id, op, kind, shape, dtype: aval.dtype, module: modulePath(origin) }
  const gradient = options.gradients ? leafOf(node)?.grad : null
  return {
    ...plain,
    ...(options.values ? { value: Array.from(readSync(node)) } : {}),
    ...(gradient ? { gradient: Array.from(gradient.dataSync()) } : {}),
  }
}

function sourceKind(node: Node): GraphNode["kind"] {
  if (leafOf(node) !== undefined) return "parameter"
  if (node.op === sourceOp && node.aval.size > 1) return "input"
  return node.op === sourceOp || node.op === erase(constantOp) ? "constant" : "op"
}

/** Nodes put together into those that are shown. */
class Grouping {
  private readonly order: readonly Node[]
  private readonly representative = new Map<Node, Node>()
  private readonly hidden = new Set<Node>()
  private readonly label = new Map<Node, string>()

  constructor(order: readonly Node[], roots: readonly Node[], level: GraphLevel) {
    this.order = order
    const byCall = new Map<Origin, Node>()
    for (let i = order.length - 1; i >= 0; i--) {
      const node = order[i]!
      const made = level === "user" && leafOf(node) === undefined ? userCall(node.origin) : null
      // A number or table that a call made for itself belongs to it; an equal one of another call stands alone.
      const call = made !== null && (node.inputs.length > 0 || byCall.has(made)) ? made : null
      const shown = call === null ? node : (byCall.get(call) ?? node)
      if (call !== null) {
        byCall.set(call, shown)
        this.label.set(shown, call.name)
      }
      this.representative.set(node, shown)
    }
    if (level === "user") this.hideDetails(new Set(roots))
  }

  /** Numbers, what is made of numbers alone, and the stretching that broadcasting adds say nothing about the program. */
  private hideDetails(roots: ReadonlySet<Node>): void {
    const fixed = new Set<Node>()
    for (const node of this.order) {
      if (leafOf(node) !== undefined) continue
      const made = node.inputs.length > 0 && node.inputs.every((input) => fixed.has(input))
      if (sourceKind(node) === "constant" || made) fixed.add(node)
      const unnamed =
        primitiveOf(node).lower.kind === "view" && !this.label.has(this.representative.get(node)!)
      if ((fixed.has(node) || unnamed) && !roots.has(node)) this.hidden.add(node)
    }
  }

  private shown(): Node[] {
    return this.order.filter((node) => this.representative.get(node) === node && !this.hidden.has(node))
  }

  nodes(options: GraphOptions): GraphNode[] {
    return this.shown().map((node) => {
      const kind = sourceKind(node)
      const op = this.label.get(node) ?? (kind === "op" ? node.op.name : kind)
      return describe(node, `n${node.id}`, op, kind, options)
    })
  }

  edges(): GraphEdge[] {
    const edges = new Map<string, GraphEdge>()
    for (const node of this.order) {
      const to = this.representative.get(node)!
      if (this.hidden.has(to) || leafOf(node) !== undefined) continue
      for (const from of node.inputs.flatMap((input) => this.visibleSources(input))) {
        if (from !== to) edges.set(`${from.id}>${to.id}`, { from: `n${from.id}`, to: `n${to.id}` })
      }
    }
    return [...edges.values()]
  }

  private visibleSources(node: Node): Node[] {
    const shown = this.representative.get(node)!
    return this.hidden.has(shown) ? node.inputs.flatMap((input) => this.visibleSources(input)) : [shown]
  }
}

function kernelGraph(roots: readonly Node[], options: GraphOptions): Graph {
  const nodes: GraphNode[] = []
  const edges: GraphEdge[] = []
  const madeBy = new Map<Node, string>()
  explain(roots).forEach(({ kernel, reads, stores }, i) => {
    const id = `k${i}`
    nodes.push(describe(stores[0]!, id, kernel.name, "op", options))
    for (const node of stores) madeBy.set(node, id)
    for (const node of new Set(reads)) {
      const from = madeBy.get(node) ?? `n${node.id}`
      if (!madeBy.has(node)) {
        madeBy.set(node, from)
        nodes.push(describe(node, from, sourceKind(node), sourceKind(node), options))
      }
      edges.push({ from, to: id })
    }
  })
  return { level: "kernel", nodes, edges }
}
