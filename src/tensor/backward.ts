import { pullback } from "../autodiff/index.ts"
import { formatShape, NablaError } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { topologicalOrder } from "../graph/index.ts"
import { add, constantLike } from "../ops/index.ts"
import { requireTensor } from "./arguments.ts"
import type { Tensor } from "./tensor.ts"
import { leafOf, wrap } from "./tensor.ts"

/** Leaves whose gradient is a sum over several backward passes: it must survive the parameters that it came from. */
const accumulated = new Set<Tensor>()

/**
 * Reverse mode from one tensor: adds d(output)/d(leaf) to `grad` of every leaf that requires gradients. A scalar needs
 * no `gradient`; any other shape needs the cotangent to start from. The graph stays, so that backward can be called
 * again, and the gradients can be differentiated in turn.
 */
export function backward(output: Tensor, gradient?: Tensor): void {
  const seed = seedOf(requireTensor(output, "backward"), gradient, "backward")
  const order = topologicalOrder([output.node], (node) => node.tracked)
  const found = order.filter((node) => leafOf(node) !== undefined)
  if (found.length === 0) {
    throw new NablaError("NABLA_NO_GRADIENT", {
      message: "the tensor does not depend on any tensor that requires gradients",
      where: "backward",
    })
  }
  pullback([output.node], [seed], found).forEach((cotangent, i) => {
    if (cotangent !== null) accumulate(leafOf(found[i]!)!, cotangent)
  })
}

/**
 * The gradients of one tensor with respect to others, by reverse mode: d(output)/d(input) for each input, zeros where
 * the output does not depend on it. Nothing is added to `grad`, no hook is called, and the gradients can be
 * differentiated in turn (torch.autograd.grad).
 *
 * @param inputs leaves, or anything else that `output` was computed from
 * @param gradient the cotangent to start from; a scalar output needs none
 * @throws NABLA_SHAPE_MISMATCH when the output is no scalar and there is no gradient of its shape
 *
 * @example
 * const x = tensor([1, 2], { requiresGrad: true })
 * const [slope] = gradientsOf(x.pow(3).sum(), [x]) // 3, 12
 */
export function gradientsOf(output: Tensor, inputs: readonly Tensor[], gradient?: Tensor): Tensor[] {
  const seed = seedOf(requireTensor(output, "gradientsOf"), gradient, "gradientsOf")
  const nodes = inputs.map((input) => requireTensor(input, "gradientsOf").node)
  return pullback([output.node], [seed], nodes).map((part, i) => wrap(part ?? constantLike(nodes[i]!, 0)))
}

function seedOf(output: Tensor, gradient: Tensor | undefined, where: string): Node {
  if (gradient === undefined && output.numel() === 1) return constantLike(output.node, 1)
  const fits = gradient !== undefined && formatShape(gradient.shape) === formatShape(output.shape)
  if (fits) return gradient.node
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "derivatives start from a scalar, or from a gradient of the tensor's shape",
    where,
    expected: `a gradient of shape ${formatShape(output.shape)}`,
    got: gradient === undefined ? "none" : formatShape(gradient.shape),
    hint: "reduce the tensor to a scalar (sum, mean), or pass the gradient to start from",
  })
}

function accumulate(leaf: Tensor, cotangent: Node): void {
  const gradient = (leaf.gradientHooks ?? []).reduce((g, hook) => hook(g) ?? g, wrap(cotangent))
  if (leaf.grad === null) leaf.grad = gradient
  else {
    leaf.grad = wrap(add(leaf.grad.node, gradient.node))
    accumulated.add(leaf)
  }
}

/** Gradients that are sums over several passes and still pending. */
export function gradientsToKeep(): Node[] {
  const nodes = [...accumulated].flatMap(({ grad }) => (grad === null ? [] : [grad.node]))
  accumulated.clear()
  return nodes
}
