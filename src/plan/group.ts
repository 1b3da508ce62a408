import type { Node } from "../graph/index.ts"
import type { Partition } from "./fuse.ts"

/** The nodes that one kernel computes or reads, and text that two groups share exactly when one kernel serves both. */
export interface Group {
  readonly form: string
  /** In the order in which the form names them. */
  readonly nodes: readonly Node[]
}

/**
 * The group of a root: what is computed on the way from memory to it, and what is read from memory. Values from memory
 * have a type and no history; all others have the number of their signature and the places of their inputs.
 */
export function groupOf(root: Node, { stored, alsoStores }: Partition): Group {
  const others = alsoStores.get(root) ?? []
  const own = new Set([root, ...others])
  const places = new Map<Node, number>()
  const nodes: Node[] = []
  let form = ""
  const visit = (node: Node): number => {
    const known = places.get(node)
    if (known !== undefined) return known
    let text: string
    if (stored.has(node) && !own.has(node)) text = `=${node.aval.id}`
    else {
      text = String(node.signature)
      for (const input of node.inputs) text += `,${visit(input)}`
    }
    const place = nodes.push(node) - 1
    places.set(node, place)
    form += `${text};`
    return place
  }
  visit(root)
  for (const node of others) form += `!${visit(node)}`
  return { form, nodes }
}
