import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { Code } from "../kernel/index.ts"
import { detach, neg, sub } from "./arithmetic.ts"
import { constantLike } from "./broadcast.ts"
import { lu } from "./lu.ts"
import { identity, matrixProduct, transposed } from "./matrices.ts"
import type { Primitive } from "./record.ts"
import * as k from "./routine.ts"
import { substitute } from "./triangular.ts"

export interface SolveAttrs {
  readonly transpose: boolean
}

/**
 * X with A·X = B (or Aᵀ·X = B). Inputs: A, its factors, B. The value is computed from the factors alone and the
 * derivative is taken through A alone, so that one factorisation serves the solution and all its derivatives.
 */
export const solveOp: Primitive<SolveAttrs> = k.matrixRoutine<SolveAttrs>({
  name: "solve",
  key: ({ transpose }) => String(transpose),
  shape: ([, , b]) => aval(b!.shape, b!.dtype),
  // A·dX = dB − dA·X
  jvp: ([s, , t], node, { transpose }) => {
    const [a, f, b] = node.inputs
    if (s === null && t === null) return null
    let rest = t ?? constantLike(b!, 0)
    if (s !== null) rest = sub(rest, matrixProduct(transpose ? transposed(s!) : s!, node))
    return solveFactored(a!, f!, rest, transpose)
  },
  // B̄ = A⁻ᵀ·X̄, Ā = −B̄·Xᵀ
  vjp: (ct, node, { transpose }, needed) => {
    const [a, f] = node.inputs
    const rhs = solveFactored(a!, f!, ct, !transpose)
    if (!needed[0]) return [null, null, rhs]
    const outer = transpose ? matrixProduct(node, transposed(rhs)) : matrixProduct(rhs, transposed(node))
    return [neg(outer), null, rhs]
  },
  ranks: { inputs: [2, 2, 2], output: 2 },
  emit: ({ code, attrs, inputs, arguments: [, f, b], result }, [, offsetF, offsetB], offset) => {
    const [n, columns] = k.matrixSize(inputs[2]!)
    const factors = new k.Matrix(code, f!, offsetF!, n + 1)
    const rhs = new k.Matrix(code, b!, offsetB!, columns)
    const out = new k.Matrix(code, result, offset, columns)
    const x = k.Matrix.scratch(code, n, columns)
    const solve = attrs.transpose ? solveTransposed : solvePlain
    solve(code, { n, columns, factors, rhs, out, x })
  },
})

interface System {
  readonly n: number
  readonly columns: number
  readonly factors: k.Matrix
  readonly rhs: k.Matrix
  readonly out: k.Matrix
  readonly x: k.Matrix
}

/** P·A = L·U: L·U·X = P·B */
function solvePlain(code: Code, { n, columns, factors, rhs, out, x }: System): void {
  const get = factors.get.bind(factors)
  k.loop(code, 0, n, (i) => {
    const row = code.bind(k.wholeOf(factors.get(i, n)))
    k.loop(code, 0, columns, (j) => x.set(i, j, rhs.get(row, j)))
  })
  substitute(code, { size: n, upper: false, unit: true, get }, x, columns)
  substitute(code, { size: n, upper: true, unit: false, get }, x, columns)
  k.eachElement(code, n, columns, (i, j) => out.set(i, j, x.get(i, j)))
}

/** Uᵀ·Lᵀ·P·X = B */
function solveTransposed(code: Code, { n, columns, factors, rhs, out, x }: System): void {
  const flipped = factors.transposed
  const get = flipped.get.bind(flipped)
  k.eachElement(code, n, columns, (i, j) => x.set(i, j, rhs.get(i, j)))
  substitute(code, { size: n, upper: false, unit: false, get }, x, columns)
  substitute(code, { size: n, upper: true, unit: true, get }, x, columns)
  k.loop(code, 0, n, (i) => {
    const row = code.bind(k.wholeOf(factors.get(i, n)))
    k.loop(code, 0, columns, (j) => out.set(row, j, x.get(i, j)))
  })
}

export function solveFactored(a: Node, factors: Node, b: Node, transpose: boolean): Node {
  return makeNode(solveOp, [a, factors, b], { transpose })
}

/** The factors of a matrix, for functions whose derivatives do not go through them. */
export function factorsOf(a: Node): Node {
  return lu(detach(a))
}

export function solve(a: Node, b: Node): Node {
  return solveFactored(a, factorsOf(a), b, false)
}

export function inverse(a: Node): Node {
  return solve(a, identity(a.shape, a.aval.dtype))
}
