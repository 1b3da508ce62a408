import { broadcastShapes } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { resultType, toNode } from "../arguments.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

/** condition ? input : other, elementwise; the derivative follows the chosen side only. */
export function where(condition: Tensor, input: TensorLike, other: TensorLike): Tensor {
  const dtype = resultType(input, other)
  const nodes = [ops.cast(nodeOf(condition), "bool"), toNode(input, dtype), toNode(other, dtype)]
  const shape = nodes.map((node) => node.shape).reduce((a, b) => broadcastShapes(a, b, "where"))
  const [c, x, y] = nodes.map((node) => ops.expand(node, shape))
  return wrap(ops.where(c!, x!, y!))
}
