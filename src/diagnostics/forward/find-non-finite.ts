import type { Tensor } from "../../tensor/index.ts"
import {
  amax,
  amin,
  graphOf,
  isfinite,
  logicalNot,
  realize,
  sum,
  Tensor as TensorClass,
} from "../../tensor/index.ts"

/** The first operation of a computation whose result is not finite though all that it took is. */
export interface OpNonFinite {
  /** The function that was called, such as `log` or `div`; `input` or `parameter` for what was given. */
  readonly op: string
  /** Path of the module that it was called in, or "". */
  readonly module: string
  readonly shape: readonly number[]
  /** How many of its numbers are not finite. */
  readonly count: number
  /** What it took, with the ranges of the values. */
  readonly inputs: readonly { readonly op: string; readonly min: number; readonly max: number }[]
}

/**
 * Which operation makes the first number that is not finite: computes the loss anew and looks at the result of every
 * operation, so that it is for once, when something is wrong, and not for every step.
 *
 * @param f computes what is not finite, such as the loss of the batch at which it happened
 * @returns null when all results are finite
 *
 * @example
 * const cause = await findNonFinite(() => nn.mse(model.forward(x).log(), y))
 * cause?.op // "log"
 */
export async function findNonFinite(f: () => Tensor): Promise<OpNonFinite | null> {
  const output = f()
  const named = new Map(graphOf(output, { level: "primitive" }).nodes.map((node) => [node.id, node]))
  const user = new Map(graphOf(output).nodes.map((node) => [node.id, node.op]))
  const order = inOrder(output)
  const inputs = new Map(order.map((node) => [node, [...node.inputs]]))
  const floating = order.filter(({ aval }) => aval.dtype.startsWith("float") && aval.size > 0)
  const handles = floating.map((node) => new TensorClass(node))
  const counts = handles.map((handle) => sum(logicalNot(isfinite(handle))))
  realize([...handles, ...counts])
  const tainted = new Set<Node>()
  for (const [i, node] of floating.entries()) {
    const count = await counts[i]!.item()
    if (count === 0) continue
    tainted.add(node)
    const took = inputs.get(node)!
    // A number that a function brings along, such as the −∞ of a mask, is meant; what comes of it follows.
    const isMeant = took.length === 0 && (node.op.name === "constant" || functionOf(node) !== undefined)
    if (isMeant || took.some((input) => tainted.has(input))) continue
    const id = `n${node.id}`
    const known = named.get(id)
    const ranges = await Promise.all(
      took.map(async (input) => {
        const values = new TensorClass(input)
        const numbers = values.dtype === "bool" ? values.to("float32") : values
        const [min, max] = await Promise.all([amin(numbers).item(), amax(numbers).item()])
        return { op: named.get(`n${input.id}`)?.op ?? input.op.name, min, max }
      }),
    )
    const op = user.get(id) ?? functionOf(node) ?? known?.op ?? node.op.name
    return { op, module: known?.module ?? "", shape: node.shape, count, inputs: ranges }
  }
  return null
}

type Node = Tensor["node"]

/** The outermost function that was called to make a node, below its module. */
function functionOf({ origin }: Node): string | undefined {
  let name: string | undefined
  for (let at = origin; at !== null && at.kind === "function"; at = at.parent) name = at.name
  return name
}

/** All nodes that a tensor is computed from, what comes first before what uses it. */
function inOrder(output: Tensor): Node[] {
  const order: Node[] = []
  const seen = new Set<Node>()
  const stack: { node: Node; next: number }[] = [{ node: output.node, next: 0 }]
  seen.add(output.node)
  while (stack.length > 0) {
    const top = stack.at(-1)!
    const input = top.node.inputs[top.next++]
    if (input === undefined) order.push(stack.pop()!.node)
    else if (!seen.has(input)) {
      seen.add(input)
      stack.push({ node: input, next: 0 })
    }
  }
  return order
}
