import { NablaError } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { matmul } from "./contraction.ts"
import { matrices, squareMatrices, system } from "./matrix-arguments.ts"
import { reshape, unsqueeze } from "./shape.ts"

/** Determinants of [..., n, n]; smooth, with the right gradient for singular matrices too. */
export const det = composed("det", (A: Tensor): Tensor => {
  return wrap(ops.det(squareMatrices(A, "linalg.det")))
})

/** Sign and logarithm of the absolute value of the determinant: [sign, ln |det A|]. (0, −∞) for a singular matrix. */
export const slogdet = composed("slogdet", (A: Tensor): [sign: Tensor, logabsdet: Tensor] => {
  const [sign, logabsdet] = ops.slogdet(squareMatrices(A, "linalg.slogdet"))
  return [wrap(sign), wrap(logabsdet)]
})

/** ln det A; NaN where the determinant is negative. */
export const logdet = composed("logdet", (A: Tensor): Tensor => {
  const [sign, logabsdet] = ops.slogdet(squareMatrices(A, "logdet"))
  const negative = ops.lt(sign, ops.constantLike(sign, 0))
  return wrap(ops.where(negative, ops.constantLike(sign, Number.NaN), logabsdet))
})

/** Inverses of [..., n, n]. A singular matrix gives infinities and NaN: nothing is thrown, since nothing is read. */
export const inv = composed("inv", (A: Tensor): Tensor => {
  return wrap(ops.inverse(squareMatrices(A, "linalg.inv")))
})

export interface SolveOptions {
  /** Whether A stands on the left of X (default). */
  readonly left?: boolean
}

/**
 * X with A·X = B (or X·A = B), by LU factorisation with partial pivoting. B is a matrix [..., n, k], or a vector [n]
 * or batch of vectors [..., n] that has the leading dimensions of A. A singular A gives infinities and NaN.
 */
export const solve = composed("solve", (A: Tensor, B: Tensor, { left = true }: SolveOptions = {}): Tensor => {
  const vectors = B.ndim === 1 || isBatchOfVectors(A, B)
  if (vectors) {
    const [a, b] = system(A, unsqueeze(B, -1), "linalg.solve")
    const x = wrap(ops.solve(a, b))
    return reshape(x, x.shape.slice(0, -1))
  }
  const [a, b] = system(A, B, "linalg.solve", left ? "left" : "right")
  if (left) return wrap(ops.solve(a, b))
  return wrap(ops.transposed(ops.solve(ops.transposed(a), ops.transposed(b))))
})

function isBatchOfVectors(A: Tensor, B: Tensor): boolean {
  return B.ndim === A.ndim - 1 && B.shape.every((size, i) => size === A.shape[i])
}

export interface SolveTriangularOptions {
  /** Which triangle of A is read. */
  readonly upper: boolean
  /** Whether A stands on the left of X (default). */
  readonly left?: boolean
  /** Whether the diagonal counts as ones and is not read. */
  readonly unitriangular?: boolean
}

/** X with A·X = B (or X·A = B) for a triangular A; the other triangle is not read. */
export const solveTriangular = composed(
  "solveTriangular",
  (A: Tensor, B: Tensor, options: SolveTriangularOptions): Tensor => {
    const { left = true, unitriangular = false } = options
    if (typeof options?.upper !== "boolean") {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "which triangle of the matrix is meant must be said",
        where: "linalg.solveTriangular",
        expected: "upper: true or false",
        got: String(options?.upper),
      })
    }
    const [a, b] = system(A, B, "linalg.solveTriangular", left ? "left" : "right")
    const attrs = { upper: options.upper, unit: unitriangular, transpose: false }
    return wrap(left ? ops.triangularSolve(a, b, attrs) : ops.triangularSolveRight(a, b, attrs))
  },
)

export interface TriangularSolveOptions {
  readonly upper?: boolean
  readonly transpose?: boolean
  readonly unitriangular?: boolean
}

/** [X, A] with A·X = b: PyTorch's older form of solveTriangular, whose triangle is the upper one by default. */
export const triangularSolve = composed(
  "triangularSolve",
  (b: Tensor, A: Tensor, options: TriangularSolveOptions = {}): [Tensor, Tensor] => {
    const { upper = true, transpose = false, unitriangular = false } = options
    const [a, rhs] = system(A, b, "triangularSolve")
    return [wrap(ops.triangularSolve(a, rhs, { upper, unit: unitriangular, transpose })), wrap(a)]
  },
)

export interface TriangleOption {
  /** Whether the factor is the upper triangular one; default: the lower. */
  readonly upper?: boolean
}

/**
 * The lower triangular L with A = L·Lᵀ of a symmetric positive definite A (or the upper triangular Lᵀ). Only the lower
 * triangle is read (with `upper` the upper one); gradients are symmetric. A matrix that is not positive definite gives
 * NaN from the failing column on.
 */
export const cholesky = composed("cholesky", (A: Tensor, { upper = false }: TriangleOption = {}): Tensor => {
  const node = squareMatrices(A, "linalg.cholesky")
  const factor = ops.cholesky(upper ? ops.transposed(node) : node)
  return wrap(upper ? ops.transposed(factor) : factor)
})

/** X with A·X = B, given the Cholesky factor L of A. */
export const choleskySolve = composed(
  "choleskySolve",
  (B: Tensor, L: Tensor, { upper = false }: TriangleOption = {}): Tensor => {
    const [factor, rhs] = system(L, B, "choleskySolve")
    const attrs = { upper, unit: false, transpose: upper }
    const half = ops.triangularSolve(factor, rhs, attrs)
    return wrap(ops.triangularSolve(factor, half, { ...attrs, transpose: !upper }))
  },
)

/** The inverse of A, given its Cholesky factor L. */
export const choleskyInverse = composed(
  "choleskyInverse",
  (L: Tensor, options: TriangleOption = {}): Tensor => {
    const node = squareMatrices(L, "choleskyInverse")
    return choleskySolve(wrap(ops.identity(node.shape, node.aval.dtype)), L, options)
  },
)

/** Aⁿ by repeated squaring; negative powers are those of the inverse. */
export const matrixPower = composed("matrixPower", (A: Tensor, n: number): Tensor => {
  const node = squareMatrices(A, "linalg.matrixPower")
  if (!Number.isInteger(n)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the exponent must be whole",
      where: "linalg.matrixPower",
      expected: "a whole number",
      got: String(n),
    })
  }
  if (n === 0) return wrap(ops.identity(node.shape, node.aval.dtype))
  let square = n < 0 ? ops.inverse(node) : node
  let power: typeof square | null = null
  for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = power === null ? square : ops.matrixProduct(power, square)
    if (rest > 1) square = ops.matrixProduct(square, square)
  }
  return wrap(power!)
})

/** The matrix exponential Σ Aᵏ/k!. */
export const matrixExp = composed("matrixExp", (A: Tensor): Tensor => {
  return wrap(ops.matrixExponential(squareMatrices(A, "linalg.matrixExp")))
})

/** P, L and U with A = P·L·U for square A, by Gaussian elimination with partial pivoting. */
export const lu = composed("lu", (A: Tensor): [P: Tensor, L: Tensor, U: Tensor] => {
  const { permutation, l, u } = ops.unpackLU(ops.lu(squareMatrices(A, "linalg.lu")))
  return [wrap(ops.transposed(permutation)), wrap(l), wrap(u)]
})

/** The product of several matrices in the order that costs least; the first and the last may be vectors. */
export const multiDot = composed("multiDot", (tensors: readonly Tensor[]): Tensor => {
  if (tensors.length < 2) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a product needs factors",
      where: "linalg.multiDot",
      expected: "at least 2 matrices",
      got: String(tensors.length),
    })
  }
  const last = tensors.length - 1
  const factors = tensors.map((t, i) =>
    t.ndim === 1 && i === 0 ? unsqueeze(t, 0) : t.ndim === 1 && i === last ? unsqueeze(t, 1) : t,
  )
  for (const factor of factors) matrices(factor, "linalg.multiDot")
  const out = multiplyInOrder(factors)
  const dropped = [tensors[0]!.ndim === 1 ? 0 : -1, tensors[last]!.ndim === 1 ? 1 : -1]
  return reshape(
    out,
    out.shape.filter((_, i) => !dropped.includes(i)),
  )
})

/** Least multiplications for each chain of factors, from the shorter chains to the longer ones. */
function multiplyInOrder(factors: readonly Tensor[]): Tensor {
  const n = factors.length
  const sizes = [factors[0]!.shape[0]!, ...factors.map((factor) => factor.shape[1]!)]
  const cost = factors.map(() => new Array<number>(n).fill(0))
  const split = factors.map(() => new Array<number>(n).fill(0))
  for (let length = 1; length < n; length++) {
    for (let i = 0; i + length < n; i++) {
      const j = i + length
      cost[i]![j] = Number.POSITIVE_INFINITY
      for (let k = i; k < j; k++) {
        const total = cost[i]![k]! + cost[k + 1]![j]! + sizes[i]! * sizes[k + 1]! * sizes[j + 1]!
        if (total < cost[i]![j]!) {
          cost[i]![j] = total
          split[i]![j] = k
        }
      }
    }
  }
  const multiply = (i: number, j: number): Tensor =>
    i === j ? factors[i]! : matmul(multiply(i, split[i]![j]!), multiply(split[i]![j]! + 1, j))
  return multiply(0, n - 1)
}
