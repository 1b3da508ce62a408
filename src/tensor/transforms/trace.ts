import { NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import { aliasNode } from "../../graph/index.ts"
import type { Tensor } from "../tensor.ts"
import { enableGrad, wrap } from "../tensor.ts"
import { flattenTree } from "../tree.ts"

/** A function of tensors, or of arrays and objects of tensors. */
// biome-ignore lint/suspicious/noExplicitAny: a transform takes functions of any arguments and gives them back
export type AnyFunction = (...args: any[]) => any

/** A run of a function on stand-ins of its arguments: the graph between them is what transforms work on. */
export interface Trace {
  readonly inputs: readonly Node[]
  readonly outputs: readonly Node[]
  readonly result: unknown
  /** Puts other tensors into the form of the result. */
  rebuildResult(leaves: readonly Tensor[]): unknown
  /** Puts tensors, one for each input, into the form of the arguments. */
  rebuildArguments(leaves: readonly Tensor[]): unknown[]
}

/** Runs `f` on stand-ins, so that a tensor that it both takes and closes over counts once. */
export function trace(f: AnyFunction, args: readonly unknown[]): Trace {
  const given = flattenTree(args)
  return traceOn(
    f,
    args,
    given.leaves.map((leaf) => aliasNode(leaf.node)),
  )
}

export function traceOn(f: AnyFunction, args: readonly unknown[], inputs: readonly Node[]): Trace {
  const given = flattenTree(args)
  const result = enableGrad(() => f(...(given.rebuild(inputs.map(wrap)) as unknown[])))
  const got = flattenTree(result)
  return {
    inputs,
    outputs: got.leaves.map((leaf) => leaf.node),
    result,
    rebuildResult: got.rebuild,
    rebuildArguments: (leaves) => given.rebuild(leaves) as unknown[],
  }
}

/** The leaves of a tree that must have the shapes of others. */
export function matchingLeaves(tree: unknown, like: readonly Node[], where: string): Node[] {
  const { leaves } = flattenTree(tree)
  const fits =
    leaves.length === like.length && leaves.every((leaf, i) => String(leaf.shape) === String(like[i]!.shape))
  if (!fits) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the tensors do not correspond",
      where,
      expected: like.map((node) => `[${node.shape.join(", ")}]`).join(" and ") || "no tensors",
      got: leaves.map((leaf) => `[${leaf.shape.join(", ")}]`).join(" and ") || "no tensors",
    })
  }
  return leaves.map((leaf) => leaf.node)
}

/** One output, a scalar: what a gradient exists of. */
export function scalarOutput({ outputs }: Trace, where: string): Node {
  const [output] = outputs
  if (outputs.length >= 1 && output!.aval.size === 1) return output!
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "a gradient exists of a function with one scalar value",
    where,
    expected: "a tensor of one element",
    got: outputs.length === 0 ? "no tensor" : `a tensor of shape [${output!.shape.join(", ")}]`,
    hint: "reduce the result (sum, mean), or use vjp or jacobian",
  })
}
