import { Tensor } from "./tensor.ts"

/** Tensors in nested arrays and objects; anything else in them is left as it is. */
export type Tree = unknown

/** The tensors of a tree in a fixed order, and the way back. */
export function flattenTree(tree: Tree): { leaves: Tensor[]; rebuild: (leaves: readonly Tensor[]) => Tree } {
  const leaves: Tensor[] = []
  const walk = (part: Tree): ((next: () => Tensor) => Tree) => {
    if (part instanceof Tensor) {
      leaves.push(part)
      return (next) => next()
    }
    if (Array.isArray(part)) {
      const items = part.map(walk)
      return (next) => items.map((item) => item(next))
    }
    if (part !== null && typeof part === "object" && Object.getPrototypeOf(part) === Object.prototype) {
      const entries = Object.entries(part).map(([key, value]) => [key, walk(value)] as const)
      return (next) => Object.fromEntries(entries.map(([key, item]) => [key, item(next)]))
    }
    return () => part
  }
  const build = walk(tree)
  return {
    leaves,
    rebuild: (replacements) => {
      let i = 0
      return build(() => replacements[i++]!)
    },
  }
}
