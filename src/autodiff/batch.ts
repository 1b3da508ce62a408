import type { Node } from "../graph/index.ts"
import { primitiveOf, withBatch } from "../ops/index.ts"
import { dependents } from "./reverse.ts"

/**
 * Vectorisation: `outputs`, written for one example in terms of `placeholders`, computed for a batch at once. The
 * batch dimension leads in `batches` and in the results.
 */
export function vectorize(
  outputs: readonly Node[],
  placeholders: readonly Node[],
  batches: readonly Node[],
  size: number,
): Node[] {
  const known = new Map<Node, Node>()
  for (const [i, placeholder] of placeholders.entries()) known.set(placeholder, batches[i]!)
  const { order } = dependents(outputs, new Set(placeholders))
  for (const node of order) {
    if (known.has(node)) continue
    const batched = node.inputs.map((input) => known.has(input))
    const inputs = node.inputs.map((input) => known.get(input) ?? input)
    known.set(node, primitiveOf(node).vmap(inputs, batched, size, node.attrs))
  }
  return outputs.map((output) => known.get(output) ?? withBatch(output, false, size))
}
