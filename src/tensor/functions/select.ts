import { broadcastShapes } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { requireTensor, resultType, toNode } from "../arguments.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { nonzero } from "./mask.ts"

/**
 * condition ? input : other, elementwise; the derivative follows the chosen side only. With a condition alone, the
 * places where it holds, as `nonzero` with `asTuple`.
 */
export function where(condition: Tensor): Tensor[]
export function where(condition: Tensor, input: TensorLike, other: TensorLike): Tensor
export function where(condition: Tensor, input?: TensorLike, other?: TensorLike): Tensor | Tensor[] {
  requireTensor(condition, "where")
  if (input === undefined || other === undefined) return nonzero(condition, { asTuple: true })
  const dtype = resultType(input, other)
  const nodes = [ops.cast(nodeOf(condition), "bool"), toNode(input, dtype), toNode(other, dtype)]
  const shape = nodes.map((node) => node.shape).reduce((a, b) => broadcastShapes(a, b, "where"))
  const [c, x, y] = nodes.map((node) => ops.expand(node, shape))
  return wrap(ops.where(c!, x!, y!))
}
