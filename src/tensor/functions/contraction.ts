import type { DType } from "../../base/index.ts"
import { broadcastShapes, formatShape, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { resultType, toNode } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { add, mul } from "./arithmetic.ts"

const range = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, i) => start + i)

/**
 * Matrix product with PyTorch's rules: vectors count as a row on the left and as a column on the right, leading
 * dimensions broadcast.
 */
export const matmul = composed("matmul", (input: Tensor, other: Tensor): Tensor => {
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
  const left = sumNode(input, dtype)
  const right = sumNode(other, dtype)
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
  if (a.length === 1) {
    // A row against every matrix: the row has no batch, so that nothing is repeated.
    return wrap(
      ops.dot(right, left, { lhsBatch: [], rhsBatch: [], lhsContract: [b.length - 2], rhsContract: [0] }),
    )
  }
  const x = ops.expand(left, [...batch, ...a.slice(-2)])
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
})

/** Sums of products count bools as whole numbers. */
function sumNode(x: Tensor, dtype: DType): Node {
  return toNode(x, dtype === "bool" ? "int32" : dtype)
}

function checkRanks(
  where: string,
  expected: string,
  tensors: readonly Tensor[],
  ranks: readonly number[],
): void {
  if (tensors.every((t, i) => t.ndim === ranks[i])) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the arguments have the wrong number of dimensions",
    where,
    expected,
    got: tensors.map((t) => formatShape(t.shape)).join(" and "),
    hint: "matmul takes vectors, matrices and batches of them",
  })
}

/** Product of two matrices: [n, k] × [k, m] → [n, m]. */
export const mm = composed("mm", (input: Tensor, mat2: Tensor): Tensor => {
  checkRanks("mm", "two matrices", [input, mat2], [2, 2])
  return matmul(input, mat2)
})

/** Products of matrices in pairs: [b, n, k] × [b, k, m] → [b, n, m]. */
export const bmm = composed("bmm", (input: Tensor, mat2: Tensor): Tensor => {
  checkRanks("bmm", "two batches of matrices", [input, mat2], [3, 3])
  if (input.shape[0] !== mat2.shape[0]) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the batches differ in size",
      where: "bmm",
      expected: `a second batch of ${input.shape[0]} matrices`,
      got: formatShape(mat2.shape),
    })
  }
  return matmul(input, mat2)
})

/** Matrix times vector: [n, k] × [k] → [n]. */
export const mv = composed("mv", (input: Tensor, vec: Tensor): Tensor => {
  checkRanks("mv", "a matrix and a vector", [input, vec], [2, 1])
  return matmul(input, vec)
})

/** Inner product of two vectors. */
export const dot = composed("dot", (input: Tensor, other: Tensor): Tensor => {
  checkRanks("dot", "two vectors", [input, other], [1, 1])
  return matmul(input, other)
})

/** Outer product x_i·y_j of two vectors. */
export const outer = composed("outer", (input: Tensor, vec2: Tensor): Tensor => {
  checkRanks("outer", "two vectors", [input, vec2], [1, 1])
  return tensordot(input, vec2, { dims: 0 })
})

export interface AddProductOptions {
  readonly beta?: number
  readonly alpha?: number
}

/** beta·input + alpha·product; with beta = 0 the input is not looked at, not even for NaN. */
function addProduct(input: Tensor, product: Tensor, { beta = 1, alpha = 1 }: AddProductOptions): Tensor {
  const scaled = alpha === 1 ? product : mul(product, alpha)
  if (beta === 0) return scaled
  const base = beta === 1 ? input : mul(input, beta)
  const sum = add(scaled, base)
  if (sum.ndim === product.ndim && sum.shape.every((size, i) => size === product.shape[i])) return sum
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the tensor that is added to the product does not broadcast to its shape",
    expected: `a shape that broadcasts to ${formatShape(product.shape)}`,
    got: formatShape(input.shape),
  })
}

/** beta·input + alpha·(mat1·mat2) */
export const addmm = composed(
  "addmm",
  (input: Tensor, mat1: Tensor, mat2: Tensor, options: AddProductOptions = {}): Tensor => {
    return addProduct(input, mm(mat1, mat2), options)
  },
)

/** beta·input + alpha·(mat·vec) */
export const addmv = composed(
  "addmv",
  (input: Tensor, mat: Tensor, vec: Tensor, options: AddProductOptions = {}): Tensor => {
    return addProduct(input, mv(mat, vec), options)
  },
)

/** beta·input + alpha·(batch1·batch2), matrix by matrix. */
export const baddbmm = composed(
  "baddbmm",
  (input: Tensor, batch1: Tensor, batch2: Tensor, options: AddProductOptions = {}): Tensor => {
    return addProduct(input, bmm(batch1, batch2), options)
  },
)

/** beta·input + alpha·Σ_b batch1_b·batch2_b */
export const addbmm = composed(
  "addbmm",
  (input: Tensor, batch1: Tensor, batch2: Tensor, options: AddProductOptions = {}): Tensor => {
    checkRanks("addbmm", "two batches of matrices", [batch1, batch2], [3, 3])
    const dims = [
      [0, 2],
      [0, 1],
    ]
    return addProduct(input, tensordot(batch1, batch2, { dims }), options)
  },
)

export interface TensordotOptions {
  /** How many dimensions to contract (default 2: the last of `a` with the first of `b`), or lists that pair them. */
  readonly dims?: number | readonly (readonly number[])[]
}

/**
 * Contracts dimensions of one tensor with dimensions of another. The result has the other dimensions of a, then those
 * of b.
 */
export const tensordot = composed(
  "tensordot",
  (a: Tensor, b: Tensor, { dims = 2 }: TensordotOptions = {}): Tensor => {
    const [left, right] =
      typeof dims === "number"
        ? [range(a.ndim - dims, a.ndim), range(0, dims)]
        : [dims[0] ?? [], dims[1] ?? []]
    const lhs = left.map((dim) => (dim < 0 ? dim + a.ndim : dim))
    const rhs = right.map((dim) => (dim < 0 ? dim + b.ndim : dim))
    const fits =
      lhs.length === rhs.length &&
      lhs.every((dim, i) => a.shape[dim] !== undefined && a.shape[dim] === b.shape[rhs[i]!])
    if (!fits || new Set(lhs).size < lhs.length || new Set(rhs).size < rhs.length) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the dimensions to contract do not match",
        where: "tensordot",
        expected: "the same number of different dimensions on both sides, of equal sizes",
        got: `dims ${formatShape(left)} of ${formatShape(a.shape)} and ${formatShape(right)} of ${formatShape(b.shape)}`,
      })
    }
    const dtype = resultType(a, b)
    return wrap(
      ops.dot(sumNode(a, dtype), sumNode(b, dtype), {
        lhsBatch: [],
        rhsBatch: [],
        lhsContract: lhs,
        rhsContract: rhs,
      }),
    )
  },
)

/** Σ over the last dimensions of both; a tensor of no dimensions is a factor. */
export const inner = composed("inner", (input: Tensor, other: Tensor): Tensor => {
  if (input.ndim === 0 || other.ndim === 0) return mul(input, other)
  return tensordot(input, other, { dims: [[-1], [-1]] })
})

/** Kronecker product: blocks of `other`, one for each element of `input` and scaled by it. */
export const kron = composed("kron", (input: Tensor, other: Tensor): Tensor => {
  const rank = Math.max(input.ndim, other.ndim)
  const padded = (t: Tensor): number[] => [...new Array<number>(rank - t.ndim).fill(1), ...t.shape]
  const [a, b] = [padded(input), padded(other)]
  const dtype = resultType(input, other)
  const full = a.flatMap((size, i) => [size, b[i]!])
  const x = ops.reshape(
    toNode(input, dtype),
    a.flatMap((size) => [size, 1]),
  )
  const y = ops.reshape(
    toNode(other, dtype),
    b.flatMap((size) => [1, size]),
  )
  const out = ops.mul(ops.expand(x, full), ops.expand(y, full))
  return wrap(
    ops.reshape(
      out,
      a.map((size, i) => size * b[i]!),
    ),
  )
})
