import { isFloating } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { primitiveOf } from "../ops/index.ts"
import { dependents } from "./reverse.ts"

/** Forward mode: tangents of `outputs` given those of `sources`; null marks an output that depends on none of them. */
export function pushforward(
  outputs: readonly Node[],
  sources: readonly Node[],
  tangents: readonly Node[],
): (Node | null)[] {
  const known = new Map<Node, Node | null>()
  for (const [i, source] of sources.entries()) known.set(source, tangents[i]!)
  const { order } = dependents(outputs, new Set(sources))
  for (const node of order) {
    if (known.has(node)) continue
    const incoming = node.inputs.map((input) => known.get(input) ?? null)
    const moves = isFloating(node.aval.dtype) && incoming.some((tangent) => tangent !== null)
    known.set(node, moves ? primitiveOf(node).jvp(incoming, node, node.attrs) : null)
  }
  return outputs.map((output) => known.get(output) ?? null)
}
