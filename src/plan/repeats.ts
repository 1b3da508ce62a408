import type { Node } from "../graph/index.ts"
import { primitiveOf } from "../ops/index.ts"

/**
 * Nodes that an earlier computation went through without keeping them, and that something new is made from: somebody
 * holds them and goes on using them, so they are kept from now on. Views are looked through, and what is made from
 * nothing is made again.
 */
export function repeatedWork(order: readonly Node[]): Set<Node> {
  const kept = new Set<Node>()
  for (const node of order) {
    if (!node.pending || node.computations > 0) continue
    for (const input of node.inputs) {
      let base = input
      while (base.pending && primitiveOf(base).lower.kind === "view") base = base.inputs[0]!
      if (base.pending && base.computations > 0 && base.inputs.length > 0) kept.add(base)
    }
  }
  for (const node of order) if (node.pending) node.computations++
  return kept
}
