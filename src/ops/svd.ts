import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import { add, mul, sub } from "./arithmetic.ts"
import { reshape } from "./broadcast.ts"
import { complete, normalize, orthogonalize } from "./jacobi.ts"
import {
  differences,
  matrixProduct,
  product,
  safeReciprocal,
  scaleColumns,
  scaleRows,
  transposed,
} from "./matrices.ts"
import type { Primitive } from "./record.ts"
import * as k from "./routine.ts"
import { cat, diagonal, diagonalEmbed, pad, sliceDim } from "./views.ts"

export interface SvdAttrs {
  /** Rows and columns of the matrix; no fewer rows than columns. */
  readonly rows: number
  readonly columns: number
  /** Left vectors that are wanted: as many as columns, or as many as rows. */
  readonly left: number
}

interface Factors {
  readonly u: Node
  readonly s: Node
  readonly vh: Node
}

/** U, S and Vᵀ from one row of numbers. */
function unpack(packed: Node, { rows, columns, left }: SvdAttrs): Factors {
  const lead = packed.shape.slice(0, -1)
  const last = lead.length
  const part = (start: number, shape: readonly number[]): Node =>
    reshape(
      sliceDim(
        packed,
        last,
        start,
        shape.reduce((n, size) => n * size, 1),
      ),
      [...lead, ...shape],
    )
  const startOfV = rows * left + columns
  return {
    u: part(0, [rows, left]),
    s: part(rows * left, [columns]),
    vh: part(startOfV, [columns, columns]),
  }
}

function pack({ u, s, vh }: Factors): Node {
  const lead = s.shape.slice(0, -1)
  const flat = (x: Node): Node => reshape(x, [...lead, x.shape.at(-2)! * x.shape.at(-1)!])
  return cat([flat(u), s, flat(vh)], lead.length)
}

/** The left vectors that belong to singular values; those that complete the basis have no derivative. */
function thin(u: Node, { columns }: SvdAttrs): Node {
  return sliceDim(u, u.shape.length - 1, 0, columns)
}

function widen(u: Node, { left, columns }: SvdAttrs): Node {
  if (left === columns) return u
  const zeros = u.shape.map(() => 0)
  return pad(u, { shape: [...u.shape.slice(0, -1), left], low: zeros, interior: zeros, value: 0 })
}

/** X − U·Uᵀ·X: what U does not span. */
function outside(u: Node, x: Node): Node {
  return sub(x, product(u, matrixProduct(transposed(u), x)))
}

/** F_ij = 1/(s_j² − s_i²), 0 where two singular values are equal. */
function gaps(s: Node): Node {
  return safeReciprocal(differences(mul(s, s)))
}

/**
 * A = U·diag(S)·Vᵀ by one-sided Jacobi rotations (Hestenes 1958): columns are turned in pairs until all are orthogonal;
 * S descending. Derivatives after Townsend (2016); where two singular values are equal, the turning of their vectors
 * into each other counts as zero, and so does what would be divided by a singular value of zero.
 */
export const svdOp: Primitive<SvdAttrs> = k.matrixRoutine<SvdAttrs>({
  name: "svd",
  key: ({ left }) => String(left),
  shape: ([x], { rows, columns, left }) =>
    aval([...x!.shape.slice(0, -2), rows * left + columns + columns * columns], x!.dtype),
  // With P = Uᵀ·dA·V: dS = diag P, dU = U·(F∘(P·S + S·Pᵀ)) + (I − U·Uᵀ)·dA·V/S, dV = V·(F∘(S·P + Pᵀ·S))
  jvp: ([t], node, attrs) => {
    const { u: whole, s, vh } = unpack(node, attrs)
    const u = thin(whole, attrs)
    const v = transposed(vh)
    const moved = matrixProduct(t!, v)
    const p = matrixProduct(transposed(u), moved)
    const f = gaps(s)
    const turnU = mul(f, add(scaleColumns(p, s), scaleRows(s, transposed(p))))
    const turnV = mul(f, add(scaleRows(s, p), scaleColumns(transposed(p), s)))
    let du = matrixProduct(u, turnU)
    if (attrs.rows > attrs.columns) du = add(du, scaleColumns(outside(u, moved), safeReciprocal(s)))
    const dvh = transposed(matrixProduct(v, turnV))
    return pack({ u: widen(du, attrs), s: diagonal(p), vh: dvh })
  },
  // With J = F∘(Uᵀ·Ū), K = F∘(Vᵀ·V̄): Ā = U·((J + Jᵀ)·S + S·(K + Kᵀ) + diag S̄)·Vᵀ + (I − U·Uᵀ)·(Ū/S)·Vᵀ
  vjp: (ct, node, attrs) => {
    const { u: whole, s, vh } = unpack(node, attrs)
    const bar = unpack(ct, attrs)
    const u = thin(whole, attrs)
    const uBar = thin(bar.u, attrs)
    const f = gaps(s)
    const j = mul(f, matrixProduct(transposed(u), uBar))
    const l = mul(f, product(vh, transposed(bar.vh)))
    const turns = add(scaleColumns(add(j, transposed(j)), s), scaleRows(s, add(l, transposed(l))))
    let left = matrixProduct(u, add(turns, diagonalEmbed(bar.s)))
    if (attrs.rows > attrs.columns) left = add(left, scaleColumns(outside(u, uBar), safeReciprocal(s)))
    return [matrixProduct(left, vh)]
  },
  ranks: { inputs: [2], output: 1 },
  emit: ({ code, attrs, arguments: [source], result }, [offsetA], offset) => {
    const { rows, columns, left } = attrs
    const a = new k.Matrix(code, source!, offsetA!, columns)
    // Columns lie side by side, since all loops run along them.
    const u = k.Matrix.scratch(code, left, rows).transposed
    const v = k.Matrix.scratch(code, columns, columns).transposed
    const s = k.Matrix.scratch(code, columns, 1)
    k.eachElement(code, rows, columns, (i, j) => u.set(i, j, a.get(i, j)))
    k.eachElement(code, columns, columns, (i, j) => {
      v.set(i, j, k.choose(k.equal(i, j), k.real(1), k.real(0)))
    })
    const pairs = { rows, columns, u, v }
    orthogonalize(code, pairs)
    const rank = normalize(code, pairs, s)
    complete(code, rows, left, rank, u)
    const out = new k.Matrix(code, result, offset, left)
    const values = new k.Matrix(code, result, code.bind(k.plus(offset, rows * left)), 1)
    const vectors = new k.Matrix(code, result, code.bind(k.plus(offset, rows * left + columns)), columns)
    k.eachElement(code, rows, left, (i, j) => out.set(i, j, u.get(i, j)))
    k.loop(code, 0, columns, (i) => values.set(i, 0, s.get(i)))
    k.eachElement(code, columns, columns, (i, j) => vectors.set(i, j, v.get(j, i)))
  },
})

/**
 * U, S and Vᵀ of matrices of any shape; `full` asks for square U and Vᵀ. A matrix with more columns than rows is
 * decomposed as its transpose.
 */
export function svd(x: Node, full: boolean): Factors {
  const [rows, columns] = x.shape.slice(-2) as [number, number]
  if (rows < columns) {
    const { u, s, vh } = svd(transposed(x), full)
    return { u: transposed(vh), s, vh: transposed(u) }
  }
  const attrs = { rows, columns, left: full ? rows : columns }
  return unpack(makeNode(svdOp, [x], attrs), attrs)
}
