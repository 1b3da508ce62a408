import { pullback, pushforward, vectorize } from "../../autodiff/index.ts"
import type { Node } from "../../graph/index.ts"
import { placeholderNode } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { flattenTree } from "../tree.ts"
import type { Argnums } from "./derivatives.ts"
import { argumentList, pick, restrict } from "./derivatives.ts"
import type { AnyFunction } from "./trace.ts"
import { trace } from "./trace.ts"

/** One-hot tensors of a node's shape, one for each element. */
function basis(node: Node): Node {
  const n = node.aval.size
  const rows = ops.eq(ops.iota([n, n], [0]), ops.iota([n, n], [1]))
  return ops.reshape(ops.cast(rows, node.aval.dtype), [n, ...node.shape])
}

type Blocks = (
  args: readonly unknown[],
  g: AnyFunction,
) => { outputs: number; blocks: Node[][]; rebuild: (leaves: readonly Tensor[]) => unknown }

/** blocks[o][i] = ∂output_o/∂input_i of shape output + input, a row of all outputs for each cotangent. */
const byReverse: Blocks = (args, g) => {
  const run = trace(g, args)
  const blocks = run.outputs.map((output) => {
    const seed = placeholderNode(output.shape, output.aval.dtype)
    const parts = pullback([output], [seed], run.inputs)
    const rows = vectorize(
      parts.map((part, i) => part ?? ops.constantLike(run.inputs[i]!, 0)),
      [seed],
      [basis(output)],
      output.aval.size,
    )
    return rows.map((row, i) => ops.reshape(row, [...output.shape, ...run.inputs[i]!.shape]))
  })
  return { outputs: run.outputs.length, blocks, rebuild: run.rebuildResult }
}

/** The same blocks, a column for each tangent. */
const byForward: Blocks = (args, g) => {
  const run = trace(g, args)
  const blocks: Node[][] = run.outputs.map(() => [])
  run.inputs.forEach((input) => {
    const seed = placeholderNode(input.shape, input.aval.dtype)
    const parts = pushforward(run.outputs, [input], [seed])
    const columns = vectorize(
      parts.map((part, o) => part ?? ops.constantLike(run.outputs[o]!, 0)),
      [seed],
      [basis(input)],
      input.aval.size,
    )
    columns.forEach((column, o) => {
      const rank = column.shape.length
      const last = ops.permute(column, [...Array.from({ length: rank - 1 }, (_, i) => i + 1), 0])
      blocks[o]!.push(ops.reshape(last, [...run.outputs[o]!.shape, ...input.shape]))
    })
  })
  return { outputs: run.outputs.length, blocks, rebuild: run.rebuildResult }
}

/** A Jacobian transform: for each tensor of the result, the derivative in the form of the chosen arguments. */
/* @__NO_SIDE_EFFECTS__ */
function jacobianBy(method: Blocks): (f: AnyFunction, options?: Argnums) => AnyFunction {
  return (f, { argnums } = {}) =>
    (...args: unknown[]) => {
      const { g, chosen } = restrict(f, args, argumentList(argnums))
      const { blocks, rebuild } = method(chosen, g)
      const form = flattenTree(chosen)
      // A tensor of the result becomes the tree of its derivatives; rebuild puts any values in the tensors' places.
      const rows = blocks.map((row) => pick(argnums, form.rebuild(row.map(wrap)) as unknown[]))
      return rebuild(rows as readonly Tensor[])
    }
}

/** The Jacobian by reverse mode: one vectorised pass for all outputs. Right where outputs are fewer than inputs. */
export const jacrev = jacobianBy(byReverse)

/** The Jacobian by forward mode: one vectorised pass for all inputs. Right where inputs are fewer than outputs. */
export const jacfwd = jacobianBy(byForward)

/** The Jacobian ∂f/∂x of shape f(x).shape + x.shape. */
export const jacobian = jacrev

/** The Hessian ∂²f/∂x∂x of a function, forward over reverse: shape f(x).shape + x.shape + x.shape. */
export function hessian(f: AnyFunction, options: Argnums = {}): AnyFunction {
  return jacfwd(jacrev(f, options), options)
}
