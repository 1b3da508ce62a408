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
  const total = new Map<Node, Node>()
  const contribute = (node: Node, cotangent: Node): void => {
    const before = total.get(node)
    total.set(node, before === undefined ? cotangent : add(before, cotangent))
  }
  outputs.forEach((output, i) => {
    if (set.has(output)) contribute(output, cotangents[i]!)
  })
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i]!
    const cotangent = total.get(node)
    if (cotangent === undefined || wanted.has(node)) continue
    total.delete(node)
    const needed = node.inputs.map((input) => set.has(input) && isFloating(input.aval.dtype))
    primitiveOf(node)
      .vjp(cotangent, node, node.attrs, needed)
      .forEach((part, j) => {
        if (part !== null && needed[j]) contribute(node.inputs[j]!, part)
      })
  }
  return sources.map((source) => total.get(source) ?? null)
}
