import type { Shape } from "../../base/index.ts"
import { numel } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"

/** What functions that reduce dimensions share. */

/** One dimension, several, or (absent or empty) all of them. */
export type Dims = number | readonly number[] | undefined | null

export interface KeepDim {
  /** Keep reduced dimensions at size 1. */
  readonly keepdim?: boolean
}

/** The result of a reduction, with the reduced dimensions kept at size 1 if that is wanted. */
export function finishReduction(
  reduced: Node,
  shape: Shape,
  dims: readonly number[],
  { keepdim }: KeepDim,
): Tensor {
  return wrap(keepdim ? ops.reshape(reduced, ops.keptDims(shape, dims)) : reduced)
}

/** Mean over dimensions. */
export function meanOf(n: Node, dims: readonly number[]): Node {
  const total = ops.sum(n, dims)
  return ops.div(total, ops.constantLike(total, numel(dims.map((d) => n.shape[d]!))))
}

/** The elements at one index along a dimension, which is then dropped or kept at size 1: [values, indices]. */
export function elementAt(n: Node, index: Node, dim: number, options: KeepDim): [Tensor, Tensor] {
  const dims = n.shape.length === 0 ? [] : [dim]
  const drop = (x: Node): Tensor =>
    finishReduction(ops.reshape(x, ops.withoutDims(x.shape, dims)), n.shape, dims, options)
  return [drop(ops.takeAlong(n, index, dim)), drop(index)]
}
