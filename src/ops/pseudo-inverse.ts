import type { Node } from "../graph/index.ts"
import { makeNode } from "../graph/index.ts"
import { add, detach, div, gt, maximum, scale, sub, where } from "./arithmetic.ts"
import { constantLike, expand, withBatch } from "./broadcast.ts"
import { matrixProduct, product, scaleRows, transposed } from "./matrices.ts"
import type { NoAttrs, Primitive } from "./record.ts"
import { noAttrs } from "./record.ts"
import { svd } from "./svd.ts"
import { sliceDim } from "./views.ts"

/**
 * The pseudo-inverse with its derivative at constant rank (Golub and Pereyra 1973), which does not go through the
 * singular vectors: those have none where singular values are equal. Inputs: A, its pseudo-inverse as computed.
 */
export const pseudoInverseOp: Primitive<NoAttrs> = {
  name: "pseudoInverse",
  key: () => "",
  shape: ([, value]) => value!,
  // dP = −P·dA·P + P·Pᵀ·dAᵀ·(I − A·P) + (I − P·A)·dAᵀ·Pᵀ·P
  jvp: ([t], node) => {
    if (t === null) return null
    const a = node.inputs[0]!
    const flipped = transposed(node)
    const left = product(node, flipped, transposed(t!))
    const right = product(transposed(t!), flipped, node)
    return add(
      sub(sub(left, product(left, a, node)), product(node, t!, node)),
      sub(right, product(node, a, right)),
    )
  },
  // Ā = −Pᵀ·P̄·Pᵀ + (I − A·P)·P̄ᵀ·P·Pᵀ + Pᵀ·P·P̄ᵀ·(I − P·A)
  vjp: (ct, node) => {
    const a = node.inputs[0]!
    const flipped = transposed(node)
    const left = product(transposed(ct), node, flipped)
    const right = product(flipped, node, transposed(ct))
    return [
      add(
        sub(sub(left, product(a, node, left)), product(flipped, ct, flipped)),
        sub(right, product(right, node, a)),
      ),
      null,
    ]
  },
  vmap: (inputs, batched, size) =>
    makeNode(
      pseudoInverseOp,
      inputs.map((input, i) => withBatch(input, batched[i]!, size)),
      noAttrs,
    ),
  lower: { kind: "pointwise", cost: 0, elementwise: false, value: (pull, index) => pull.input(1, index) },
}

/** Singular values up to max(absolute, relative·largest) count as zero. */
export interface Tolerance {
  readonly absolute: number
  readonly relative: number
}

/** Which singular values (descending) are not zero. */
export function significant(s: Node, { absolute, relative }: Tolerance): Node {
  const last = s.shape.length - 1
  if (s.shape[last] === 0) return gt(s, s)
  const largest = expand(scale(sliceDim(s, last, 0, 1), relative), s.shape)
  return gt(s, maximum(largest, constantLike(s, absolute)))
}

export function pseudoInverse(a: Node, tolerance: Tolerance): Node {
  const { u, s, vh } = svd(detach(a), false)
  const counts = significant(s, tolerance)
  const one = constantLike(s, 1)
  const reciprocals = where(counts, div(one, where(counts, s, one)), constantLike(s, 0))
  const value = matrixProduct(transposed(vh), scaleRows(reciprocals, transposed(u)))
  return makeNode(pseudoInverseOp, [a, value], noAttrs)
}
