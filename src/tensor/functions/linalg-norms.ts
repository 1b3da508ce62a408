import type { DType } from "../../base/index.ts"
import { formatShape, NablaError, normalizeDim } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { div, mul } from "./arithmetic.ts"
import { inv } from "./linalg-solve.ts"
import { vectorNorm } from "./norm.ts"
import type { Dims, KeepDim } from "./reduction.ts"
import { permute, reshape } from "./shape.ts"

/** Norms of matrices: "fro" √Σa², "nuc" Σσ, ±2 largest or smallest σ, ±1 column sums, ±∞ row sums of |a|. */
export type MatrixNormOrder = "fro" | "nuc" | number

export interface MatrixNormOptions extends KeepDim {
  /** Default: "fro". */
  readonly ord?: MatrixNormOrder
  /** The dimensions of rows and columns (default: the last two). */
  readonly dim?: readonly number[]
  readonly dtype?: DType
}

/** Norms of matrices; see MatrixNormOrder. */
export const matrixNorm = composed("matrixNorm", (A: Tensor, options: MatrixNormOptions = {}): Tensor => {
  const { ord = "fro", dim = [-2, -1], keepdim = false, dtype } = options
  const where = "linalg.matrixNorm"
  const dims = dim.map((d) => normalizeDim(d, A.ndim, where))
  if (A.ndim < 2 || dims.length !== 2 || dims[0] === dims[1]) {
    throw new NablaError("NABLA_INVALID_DIM", {
      message: "a matrix has two dimensions",
      where,
      expected: "two different dimensions",
      got: `dim ${formatShape(dim)} of ${formatShape(A.shape)}`,
    })
  }
  const rest = A.shape.map((_, i) => i).filter((i) => !dims.includes(i))
  const node = ops.cast(nodeOf(permute(A, [...rest, ...dims])), dtype ?? floatType(A.dtype))
  const out = normOf(node, ord, where)
  return keepdim ? reshape(out, ops.keptDims(A.shape, dims)) : out
})

function normOf(node: Node, ord: MatrixNormOrder, where: string): Tensor {
  const last = node.shape.length - 1
  if (ord === "fro") return vectorNorm(wrap(node), { dim: [last - 1, last] })
  if (ord === "nuc") return wrap(ops.sum(ops.svd(node, false).s, [last - 1]))
  const size = Math.abs(ord)
  const extreme = ord > 0 ? ops.maxReduce : ops.minReduce
  if (size === 2) return wrap(extreme(ops.svd(node, false).s, [last - 1], "even"))
  if (size === 1) return wrap(extreme(ops.sum(ops.abs(node), [last - 1]), [last - 1], "even"))
  if (size === Number.POSITIVE_INFINITY) {
    return wrap(extreme(ops.sum(ops.abs(node), [last]), [last - 1], "even"))
  }
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is no such norm of matrices",
    where,
    expected: '"fro", "nuc", 1, −1, 2, −2, ∞ or −∞',
    got: String(ord),
  })
}

export interface LinalgNormOptions extends KeepDim {
  readonly ord?: MatrixNormOrder
  readonly dim?: Dims
  readonly dtype?: DType
}

/**
 * Without `ord` the 2-norm of all elements, or of the vectors along `dim`. With it the norm of a vector where one
 * dimension is meant, of a matrix where two are.
 */
export const norm = composed(
  "norm",
  (A: Tensor, { ord, dim, ...options }: LinalgNormOptions = {}): Tensor => {
    const dims = dim === undefined || dim === null ? null : typeof dim === "number" ? [dim] : dim
    const count = dims?.length ?? A.ndim
    if (ord === undefined) return vectorNorm(A, { ...options, dim: dims })
    if (count === 1 && typeof ord === "number") return vectorNorm(A, { ...options, ord, dim: dims })
    if (count === 2) return matrixNorm(A, { ...options, ord, dim: dims ?? [-2, -1] })
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a norm with an order is one of a vector or of a matrix",
      where: "linalg.norm",
      expected: "one dimension and a number, or two dimensions",
      got: `${count} dimensions and ord ${ord}`,
    })
  },
)

export interface CondOptions {
  /** Default: 2, the ratio of the largest to the smallest singular value. */
  readonly p?: MatrixNormOrder
}

/** Condition number ‖A‖·‖A⁻¹‖. */
export const cond = composed("cond", (A: Tensor, { p = 2 }: CondOptions = {}): Tensor => {
  if (p === 2 || p === -2) {
    return div(matrixNorm(A, { ord: p }), matrixNorm(A, { ord: -p }))
  }
  return mul(matrixNorm(A, { ord: p }), matrixNorm(inv(A), { ord: p }))
})
