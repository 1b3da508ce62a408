import { broadcastShapes, formatShape, NablaError } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { resultType, toNode } from "../arguments.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"

const range = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, i) => start + i)

/**
 * Matrix product with PyTorch's rules: vectors count as a row on the left and as a column on the right, leading
 * dimensions broadcast.
 */
export function matmul(input: Tensor, other: Tensor): Tensor {
  const dtype = resultType(input, other)
  const [a, b] = [input.shape, other.shape]
  const depth = a[a.length - 1]
  const matching = b[b.length < 2 ? 0 : b.length - 2]
  if (a.length === 0 || b.length === 0 || depth !== matching) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the inner dimensions of the product differ",
      where: "matmul",
      expected: `a second argument with ${depth ?? "≥ 1"} ${b.length < 2 ? "elements" : "rows"}`,
      got: `${formatShape(a)} times ${formatShape(b)}`,
    })
  }
  const batchA = a.slice(0, -2)
  const batchB = b.slice(0, -2)
  const left = toNode(input, dtype)
  const right = toNode(other, dtype)
  if (batchB.length === 0) {
    return wrap(
      ops.dot(left, right, {
        lhsBatch: [],
        rhsBatch: [],
        lhsContract: [a.length - 1],
        rhsContract: [b.length < 2 ? 0 : b.length - 2],
      }),
    )
  }
  const batch = broadcastShapes(batchA, batchB, "matmul")
  const x = ops.expand(left, [...batch, ...a.slice(a.length - Math.min(a.length, 2))])
  const y = ops.expand(right, [...batch, ...b.slice(-2)])
  const dims = range(0, batch.length)
  return wrap(
    ops.dot(x, y, {
      lhsBatch: dims,
      rhsBatch: dims,
      lhsContract: [x.shape.length - 1],
      rhsContract: [y.shape.length - 2],
    }),
  )
}
