import type { Node } from "./node.ts"

let walks = 0

/**
 * Nodes that `roots` depend on, inputs before users. `enter` says whether to look behind a node; walks are loops, so
 * that the length of a graph is not bounded by the stack.
 */
export function topologicalOrder(roots: readonly Node[], enter: (node: Node) => boolean): Node[] {
  const order: Node[] = []
  const walk = ++walks
  // The path from a root, and the next input to look at of each node on it.
  const path: Node[] = []
  const next: number[] = []
  const visit = (node: Node): void => {
    if (node.walk === walk) return
    node.walk = walk
    if (node.inputs.length === 0 || !enter(node)) order.push(node)
    else {
      path.push(node)
      next.push(0)
    }
  }
  for (const root of roots) {
    visit(root)
    while (path.length > 0) {
      const top = path.length - 1
      const { inputs } = path[top]!
      const at = next[top]!++
      if (at < inputs.length) visit(inputs[at]!)
      else {
        order.push(path.pop()!)
        next.pop()
      }
    }
  }
  return order
}
