import type { Node } from "./node.ts"

/**
 * Nodes that `roots` depend on, inputs before users. `enter` says whether to look behind a node; walks are loops, so
 * that the length of a graph is not bounded by the stack.
 */
export function topologicalOrder(roots: readonly Node[], enter: (node: Node) => boolean): Node[] {
  const order: Node[] = []
  const seen = new Set<Node>()
  const stack: { node: Node; next: number }[] = []
  for (const root of roots) {
    if (seen.has(root)) continue
    seen.add(root)
    stack.push({ node: root, next: enter(root) ? 0 : root.inputs.length })
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!
      const input = top.node.inputs[top.next++]
      if (input === undefined) {
        order.push(top.node)
        stack.pop()
      } else if (!seen.has(input)) {
        seen.add(input)
        stack.push({ node: input, next: enter(input) ? 0 : input.inputs.length })
      }
    }
  }
  return order
}
