/** Small helpers over the parser's tree: children as an array, text, and errors that quote the source. */
import type { SyntaxNode } from "@lezer/common"

/** A piece of the parse tree together with the text that it came from. */
export class Node {
  readonly type: string
  readonly text: string
  readonly children: readonly Node[]

  constructor(node: SyntaxNode, source: string) {
    this.type = node.type.isError ? "error" : node.name
    this.text = source.slice(node.from, node.to)
    const children: Node[] = []
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (child.name !== "Comment") children.push(new Node(child, source))
    }
    this.children = children
  }

  child(type: string): Node | undefined {
    return this.children.find((child) => child.type === type)
  }

  require(type: string): Node {
    const found = this.child(type)
    if (!found) throw new PythonSyntaxError(this, `no ${type}`)
    return found
  }
}

export class PythonSyntaxError extends Error {
  constructor(node: Node, reason: string) {
    super(`cannot read this Python (${reason}; ${node.type}): ${node.text.slice(0, 200)}`)
    this.name = "PythonSyntaxError"
  }
}

/** Cuts a list of nodes at every node of one type: `a, b` at "," gives [[a], [b]]; a trailing "," adds nothing. */
export function splitAt(nodes: readonly Node[], separator: string): Node[][] {
  const groups: Node[][] = [[]]
  for (const node of nodes) {
    if (node.type === separator) groups.push([])
    else groups[groups.length - 1].push(node)
  }
  if (groups[groups.length - 1].length === 0) groups.pop()
  return groups
}

/** The children between an opening and a closing bracket. */
export function inside(node: Node): readonly Node[] {
  return node.children.slice(1, -1)
}
