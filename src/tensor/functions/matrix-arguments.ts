import { broadcastShapes, formatShape, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType, resultType, toNode } from "../arguments.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf } from "../tensor.ts"

/** What functions on matrices share: checks of their arguments, and the leading dimensions, which are a batch. */

/** The node of a batch of matrices, floating. */
export function matrices(input: Tensor, where: string): Node {
  if (input.ndim < 2) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "a matrix is needed, or a batch of matrices",
      where,
      expected: "at least 2 dimensions",
      got: formatShape(input.shape),
    })
  }
  return ops.cast(nodeOf(input), floatType(input.dtype))
}

/** The node of a batch of square matrices, floating. */
export function squareMatrices(input: Tensor, where: string): Node {
  const node = matrices(input, where)
  const [rows, columns] = input.shape.slice(-2)
  if (rows === columns) return node
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the matrix must be square",
    where,
    expected: "[…, n, n]",
    got: formatShape(input.shape),
  })
}

/** A matrix and right-hand sides of one type and with one batch. */
export function system(a: Tensor, b: Tensor, where: string, side: "left" | "right" = "left"): [Node, Node] {
  const square = squareMatrices(a, where)
  matrices(b, where)
  const n = a.shape.at(-1)!
  if (b.shape.at(side === "left" ? -2 : -1) !== n) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the right-hand side does not fit the matrix",
      where,
      expected: `${n} ${side === "left" ? "rows" : "columns"}`,
      got: `${formatShape(b.shape)} for a matrix ${formatShape(square.shape)}`,
    })
  }
  const dtype = floatType(resultType(a, b))
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), where)
  return [
    ops.expand(toNode(a, dtype), [...batch, n, n]),
    ops.expand(toNode(b, dtype), [...batch, ...b.shape.slice(-2)]),
  ]
}
