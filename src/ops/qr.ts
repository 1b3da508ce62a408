import { NablaError } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { Code, Expr } from "../kernel/index.ts"
import { add, sub } from "./arithmetic.ts"
import { lowerTriangle, matrixProduct, transposed, upperTriangle } from "./matrices.ts"
import type { Primitive } from "./record.ts"
import * as k from "./routine.ts"
import { triangularSolveRight } from "./triangular.ts"
import { cat, pad, sliceDim } from "./views.ts"

export interface QrAttrs {
  /** Whether Q is square; otherwise it has as many columns as A. */
  readonly complete: boolean
}

const upper = { upper: true, unit: false, transpose: false }

/** Q and R side by side; R has rows of zeros below, down to those of Q. */
function unpack(packed: Node, columns: number): [q: Node, r: Node] {
  const last = packed.shape.length - 1
  const split = packed.shape[last]! - columns
  return [sliceDim(packed, last, 0, split), sliceDim(packed, last, split, columns)]
}

/** The first rows of R: the square triangle. */
function square(r: Node): Node {
  return sliceDim(r, r.shape.length - 2, 0, r.shape.at(-1)!)
}

function pack(q: Node, r: Node): Node {
  const rank = q.shape.length
  const zeros = q.shape.map(() => 0)
  const shape = r.shape.map((size, i) => (i === rank - 2 ? q.shape[i]! : size))
  return cat([q, pad(r, { shape, low: zeros, interior: zeros, value: 0 })], rank - 1)
}

function checkReduced(node: Node, { complete }: QrAttrs): void {
  const [rows, columns] = node.inputs[0]!.shape.slice(-2)
  if (!complete || rows === columns) return
  throw new NablaError("NABLA_NOT_DIFFERENTIABLE", {
    message: "the columns that complete Q are not determined by the matrix, so that they have no derivative",
    where: "linalg.qr",
    expected: 'mode "reduced"',
    got: 'mode "complete" of a matrix with more rows than columns',
  })
}

/**
 * A = Q·R by Householder reflections, for at least as many rows as columns. As in LAPACK the sign of each R_jj is
 * opposite to that of the element that it replaces.
 */
export const qrOp: Primitive<QrAttrs> = k.matrixRoutine<QrAttrs>({
  name: "qr",
  key: ({ complete }) => String(complete),
  shape: ([x], { complete }) => {
    const [rows, columns] = k.matrixSize(x!)
    return aval([...x!.shape.slice(0, -1), (complete ? rows : columns) + columns], x!.dtype)
  },
  // With X = Qᵀ·dA·R⁻¹ and the antisymmetric Ω = tril₋(X) − tril₋(X)ᵀ: dR = (X − Ω)·R, dQ = (dA − Q·dR)·R⁻¹
  jvp: ([t], node, attrs) => {
    checkReduced(node, attrs)
    const [q, below] = unpack(node, node.inputs[0]!.shape.at(-1)!)
    const r = square(below)
    const x = triangularSolveRight(r, matrixProduct(transposed(q), t!), upper)
    const lower = lowerTriangle(x, -1)
    const dr = matrixProduct(add(sub(x, lower), transposed(lower)), r)
    return pack(triangularSolveRight(r, sub(t!, matrixProduct(q, dr)), upper), dr)
  },
  // Ā = (Q̄ + Q·S)·R⁻ᵀ with S = K + Kᵀ − diag K, K = triu(R̄·Rᵀ − Qᵀ·Q̄)
  vjp: (ct, node, attrs) => {
    checkReduced(node, attrs)
    const columns = node.inputs[0]!.shape.at(-1)!
    const [q, below] = unpack(node, columns)
    const [qBar, rBar] = unpack(ct, columns)
    const r = square(below)
    const inner = sub(matrixProduct(square(rBar), transposed(r)), matrixProduct(transposed(q), qBar))
    const symmetric = add(upperTriangle(inner), transposed(upperTriangle(inner, 1)))
    const whole = add(qBar, matrixProduct(q, symmetric))
    return [triangularSolveRight(r, whole, { ...upper, transpose: true })]
  },
  ranks: { inputs: [2], output: 2 },
  emit: ({ code, inputs, output, arguments: [source], result }, [offsetA], offset) => {
    const [rows, columns] = k.matrixSize(inputs[0]!)
    const width = output.shape.at(-1)!
    const a = new k.Matrix(code, source!, offsetA!, columns)
    const out = new k.Matrix(code, result, offset, width)
    // Columns lie side by side, since all loops run along them.
    const w = k.Matrix.scratch(code, columns, rows).transposed
    const scales = k.Matrix.scratch(code, columns, 1)
    const split = width - columns
    k.eachElement(code, rows, columns, (i, j) => w.set(i, j, a.get(i, j)))
    reflect(code, rows, columns, w, scales)
    k.eachElement(code, rows, columns, (i, j) => {
      code.if(
        k.greater(i, j),
        () => out.set(i, k.plus(j, split), k.real(0)),
        () => out.set(i, k.plus(j, split), w.get(i, j)),
      )
    })
    const q = k.Matrix.scratch(code, split, rows).transposed
    accumulate(code, { rows, columns, split }, w, scales, q)
    k.eachElement(code, rows, split, (i, j) => out.set(i, j, q.get(i, j)))
  },
})

/** Turns w into R, with the vector of each reflection I − τ·v·vᵀ (v_c = 1) below the diagonal. */
function reflect(code: Code, rows: number, columns: number, w: k.Matrix, scales: k.Matrix): void {
  k.loop(code, 0, columns, (c) => {
    const below = k.plus(c, 1)
    const rest = k.total(code, below, rows, (i) => {
      const value = w.get(i, c)
      return k.mul(value, value)
    })
    scales.set(c, 0, k.real(0))
    code.if(k.different(rest, k.real(0)), () => {
      const alpha = w.get(c, c)
      const size = code.bind(k.sqrt(k.add(k.mul(alpha, alpha), rest)))
      const beta = code.bind(k.choose(k.less(alpha, k.real(0)), size, k.neg(size)))
      const tau = code.bind(k.div(k.sub(beta, alpha), beta))
      const factor = code.bind(k.div(k.real(1), k.sub(alpha, beta)))
      scales.set(c, 0, tau)
      w.set(c, c, beta)
      const vector = w.column(c)
      k.loop(code, below, rows, (i) => vector.set(i, 0, k.mul(vector.get(i), factor)))
      k.loop(code, below, columns, (j) => applyReflection(code, rows, c, vector, tau, w.column(j)))
    })
  })
}

/** x − τ·v·(vᵀ·x), where v is 0 above row c, 1 in it, and `vector` below it. */
function applyReflection(code: Code, rows: number, c: Expr, vector: k.Matrix, tau: Expr, x: k.Matrix): void {
  const below = k.plus(c, 1)
  const along = k.total(code, below, rows, (i) => k.mul(vector.get(i), x.get(i)), x.get(c))
  const step = code.bind(k.mul(tau, along))
  x.add(c, 0, k.neg(step))
  k.loop(code, below, rows, (i) => x.add(i, 0, k.neg(k.mul(step, vector.get(i)))))
}

/** The first columns of the product of the reflections, from the last one back. */
function accumulate(
  code: Code,
  { rows, columns, split }: { rows: number; columns: number; split: number },
  w: k.Matrix,
  scales: k.Matrix,
  q: k.Matrix,
): void {
  k.eachElement(code, rows, split, (i, j) => {
    q.set(i, j, k.choose(k.equal(i, j), k.real(1), k.real(0)))
  })
  k.loopDown(code, columns, 0, (c) => {
    const tau = scales.get(c)
    const vector = w.column(c)
    k.loop(code, 0, split, (j) => applyReflection(code, rows, c, vector, tau, q.column(j)))
  })
}

/** Q and R of matrices with at least as many rows as columns; R has as many rows as Q has columns. */
export function qr(x: Node, complete: boolean): [q: Node, r: Node] {
  const [rows, columns] = x.shape.slice(-2)
  const packed = makeNode(qrOp, [x], { complete: complete && rows !== columns })
  const [q, r] = unpack(packed, columns!)
  return [q, complete ? r : square(r)]
}
