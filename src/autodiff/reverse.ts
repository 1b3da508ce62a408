import { isFloating } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { topologicalOrder } from "../graph/index.ts"
import { add, primitiveOf } from "../ops/index.ts"

/** Nodes on the paths from `sources` to `roots`, in topological order. */
export function dependents(
  roots: readonly Node[],
  sources: ReadonlySet<Node>,
): { order: Node[]; set: Set<Node> } {
  const order = topologicalOrder(roots, (node) => node.tracked && !sources.has(node))
  const set = new Set<Node>()
  const path: Node[] = []
  for (const node of order) {
    if (!sources.has(node) && !node.inputs.some((input) => set.has(input))) continue
    set.add(node)
    path.push(node)
  }
  return { order: path, set }
}

/**
 * Reverse mode: cotangents of `sources` given those of `outputs`, as new nodes of the same graph. One pass over the
 * graph serves all sources. null marks a source that no output depends on.
 */
export function pullback(
  outputs: readonly Node[],
  cotangents: readonly Node[],
  sources: readonly Node[],
): (Node | null)[] {
  const wanted = new Set(sources)
  const { order, set } = dependents(outputs, wanted)
  const parts = new Map<Node, Node[]>()
  const contribute = (node: Node, cotangent: Node): void => {
    const before = parts.get(node)
    if (before === undefined) parts.set(node, [cotangent])
    else before.push(cotangent)
  }
  outputs.forEach((output, i) => {
    if (set.has(output)) contribute(output, cotangents[i]!)
  })
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!
    const contributions = parts.get(node)
    if (contributions === undefined || wanted.has(node)) continue
    parts.delete(node)
    const cotangent = sumOf(contributions)
    const needed = node.inputs.map((input) => set.has(input) && isFloating(input.aval.dtype))
    primitiveOf(node)
      .vjp(cotangent, node, node.attrs, needed)
      .forEach((part, j) => {
        if (part !== null && needed[j]) contribute(node.inputs[j]!, part)
      })
  }
  return sources.map((source) => {
    const contributions = parts.get(source)
    return contributions === undefined ? null : sumOf(contributions)
  })
}

/** The sum, by the shorter way where the terms come from one operation that knows one. */
function sumOf(terms: readonly Node[]): Node {
  if (terms.length === 1) return terms[0]!
  for (const { op } of terms) {
    const alike = terms.filter((term) => term.op === op && term.pending)
    const short = alike.length > 1 ? primitiveOf(alike[0]!).sum?.(alike) : null
    if (short) return sumOf([short, ...terms.filter((term) => !alike.includes(term))])
  }
  return terms.reduce(add)
}
