import { NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import type { Tolerance } from "../../ops/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType, resultType, toNode } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { matmul } from "./contraction.ts"
import { matrices, squareMatrices } from "./matrix-arguments.ts"
import { squeeze, unsqueeze } from "./shape.ts"

export interface QrOptions {
  /** "reduced" (default): Q has min(m, n) columns; "complete": Q is square; "r": R alone, with an empty Q. */
  readonly mode?: "reduced" | "complete" | "r"
}

/** A = Q·R with orthonormal columns of Q and upper triangular R, for [..., m, n]; signs as LAPACK's. */
function qrFactors(A: Tensor, { mode = "reduced" }: QrOptions = {}): [Q: Tensor, R: Tensor] {
  const node = matrices(A, "linalg.qr")
  const [rows, columns] = A.shape.slice(-2) as [number, number]
  const [q, r] = rows < columns ? wideQr(node, rows) : ops.qr(node, mode === "complete")
  return [wrap(mode === "r" ? ops.constant(0, [0], q.aval.dtype) : q), wrap(r)]
}

export { qrFactors as linalgQr }

/** Q and the left part of R come from the first columns: R = Qᵀ·A. */
function wideQr(a: Node, rows: number): [Node, Node] {
  const last = a.shape.length - 1
  const columns = a.shape[last]!
  const [q, r] = ops.qr(ops.sliceDim(a, last, 0, rows), false)
  const rest = ops.matrixProduct(ops.transposed(q), ops.sliceDim(a, last, rows, columns - rows))
  return [q, ops.cat([r, rest], last)]
}

/** PyTorch's older form of linalg.qr: `some: false` asks for a square Q. */
export const qr = composed(
  "qr",
  (input: Tensor, { some = true }: { readonly some?: boolean } = {}): [Tensor, Tensor] => {
    return qrFactors(input, { mode: some ? "reduced" : "complete" })
  },
)

export interface SvdOptions {
  /** Whether U and Vᵀ are square (default), or have min(m, n) columns and rows. */
  readonly fullMatrices?: boolean
}

/**
 * A = U·diag(S)·Vᵀ of [..., m, n], S descending: [U, S, Vᵀ]. Vectors are determined up to their sign. Where singular
 * values are equal, derivatives leave out the turning of their vectors into each other; columns that only complete a
 * square U or Vᵀ have no derivative.
 */
export const svd = composed(
  "svd",
  (A: Tensor, { fullMatrices = true }: SvdOptions = {}): [U: Tensor, S: Tensor, Vh: Tensor] => {
    const { u, s, vh } = ops.svd(matrices(A, "linalg.svd"), fullMatrices)
    return [wrap(u), wrap(s), wrap(vh)]
  },
)

/** Singular values of [..., m, n], descending. */
export const svdvals = composed("svdvals", (A: Tensor): Tensor => {
  return wrap(ops.svd(matrices(A, "linalg.svdvals"), false).s)
})

export interface EighOptions {
  /** Which triangle is read: "L" (default), the lower, or "U", the upper. */
  readonly UPLO?: "L" | "U"
}

function symmetric(A: Tensor, { UPLO = "L" }: EighOptions, where: string): Node {
  const node = squareMatrices(A, where)
  return UPLO.toUpperCase() === "U" ? ops.transposed(node) : node
}

/**
 * Eigenvalues (ascending) and eigenvectors (columns) of symmetric [..., n, n]. Vectors are determined up to their sign;
 * gradients are symmetric, and where eigenvalues are equal they leave out the turning of their vectors into each other.
 */
export const eigh = composed(
  "eigh",
  (A: Tensor, options: EighOptions = {}): [eigenvalues: Tensor, eigenvectors: Tensor] => {
    const [values, vectors] = ops.eigh(symmetric(A, options, "linalg.eigh"))
    return [wrap(values), wrap(vectors)]
  },
)

/** Eigenvalues of symmetric [..., n, n], ascending. */
export const eigvalsh = composed("eigvalsh", (A: Tensor, options: EighOptions = {}): Tensor => {
  return wrap(ops.eigh(symmetric(A, options, "linalg.eigvalsh"))[0])
})

export interface ToleranceOptions {
  /** Singular values up to max(atol, rtol·largest) count as zero; rtol is ε·max(m, n) unless one of both is given. */
  readonly atol?: number
  readonly rtol?: number
  /** Older name of rtol. */
  readonly rcond?: number
  /** The matrix is symmetric: only its lower triangle is read. */
  readonly hermitian?: boolean
}

function toleranceOf(node: Node, { atol, rtol, rcond }: ToleranceOptions): Tolerance {
  const epsilon = node.aval.dtype === "float64" ? 2 ** -52 : 2 ** -23
  const usual = atol === undefined || atol === 0 ? epsilon * Math.max(...node.shape.slice(-2)) : 0
  return { absolute: atol ?? 0, relative: rtol ?? rcond ?? usual }
}

function fullMatrix(A: Tensor, { hermitian = false }: ToleranceOptions, where: string): Node {
  if (!hermitian) return matrices(A, where)
  const node = squareMatrices(A, where)
  return ops.add(ops.lowerTriangle(node), ops.transposed(ops.lowerTriangle(node, -1)))
}

/** Moore–Penrose pseudo-inverse of [..., m, n] → [..., n, m], differentiable where the rank is constant. */
export const pinv = composed("pinv", (A: Tensor, options: ToleranceOptions = {}): Tensor => {
  const node = fullMatrix(A, options, "linalg.pinv")
  return wrap(ops.pseudoInverse(node, toleranceOf(node, options)))
})

/** PyTorch's older form of linalg.pinv: singular values up to rcond·largest count as zero. */
export const pinverse = composed("pinverse", (input: Tensor, options: ToleranceOptions = {}): Tensor => {
  return pinv(input, { rcond: 1e-15, ...options })
})

export interface RankOptions extends ToleranceOptions {
  /** Older name of atol. */
  readonly tol?: number
}

/** Number of singular values that are not zero, as int32. */
export const matrixRank = composed(
  "matrixRank",
  (A: Tensor, { tol, ...options }: RankOptions = {}): Tensor => {
    const node = ops.detach(fullMatrix(A, options, "linalg.matrixRank"))
    const given = tol === undefined ? options : { ...options, atol: tol, rtol: 0 }
    return rankOf(ops.svd(node, false).s, toleranceOf(node, given))
  },
)

function rankOf(s: Node, tolerance: Tolerance): Tensor {
  return wrap(ops.sum(ops.significant(s, tolerance), [s.shape.length - 1]))
}

/**
 * The X of least norm among those that minimise ‖A·X − B‖, by the pseudo-inverse: [solution, residuals, rank,
 * singularValues]. Residuals are the squared errors of each column when there are more equations than unknowns, and
 * empty otherwise.
 */
export const lstsq = composed(
  "lstsq",
  (A: Tensor, B: Tensor, { rcond }: { readonly rcond?: number } = {}): Tensor[] => {
    const vectors = B.ndim === A.ndim - 1 && B.shape.every((size, i) => size === A.shape[i])
    const rhs = vectors ? unsqueeze(B, -1) : B
    const dtype = floatType(resultType(A, B))
    const a = ops.cast(matrices(A, "linalg.lstsq"), dtype)
    const [rows, columns] = A.shape.slice(-2) as [number, number]
    if (rhs.shape.at(-2) !== rows) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the right-hand side does not fit the matrix",
        where: "linalg.lstsq",
        expected: `${rows} rows`,
        got: `[${B.shape.join(", ")}]`,
      })
    }
    const tolerance = toleranceOf(a, rcond === undefined ? {} : { rcond })
    const b = wrap(toNode(rhs, dtype))
    const x = matmul(wrap(ops.pseudoInverse(a, tolerance)), b)
    const s = ops.svd(ops.detach(a), false).s
    const residuals = rows > columns ? squaredErrors(wrap(a), x, b) : wrap(ops.constant(0, [0], dtype))
    return [vectors ? squeeze(x, -1) : x, residuals, rankOf(s, tolerance), wrap(s)]
  },
)

function squaredErrors(a: Tensor, x: Tensor, b: Tensor): Tensor {
  const product = matmul(a, x).node
  const error = ops.sub(product, ops.expand(b.node, product.shape))
  return wrap(ops.sum(ops.mul(error, error), [product.shape.length - 2]))
}
