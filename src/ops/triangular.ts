import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { Code, Expr } from "../kernel/index.ts"
import { neg, sub } from "./arithmetic.ts"
import { constantLike } from "./broadcast.ts"
import { lowerTriangle, matrixProduct, transposed, upperTriangle } from "./matrices.ts"
import type { Primitive } from "./record.ts"
import * as k from "./routine.ts"

/** Which triangle of a matrix is meant, whether its diagonal counts as ones, and whether it is transposed. */
export interface TriangularAttrs {
  readonly upper: boolean
  readonly unit: boolean
  readonly transpose: boolean
}

/** A triangular matrix as a kernel reads it. */
export interface Triangle {
  readonly size: number
  readonly upper: boolean
  readonly unit: boolean
  get(i: Expr, j: Expr): Expr
}

/** Solves T·X = X in place, row by row: forwards for a lower triangle, backwards for an upper one. */
export function substitute(
  code: Code,
  { size, upper, unit, get }: Triangle,
  x: k.Matrix,
  columns: number,
): void {
  const row = (i: Expr): void => {
    const target = x.row(i)
    const eliminate = (j: Expr): void => {
      const factor = get(i, j)
      const solved = x.row(j)
      k.loop(code, 0, columns, (c) => target.add(c, 0, k.neg(k.mul(factor, solved.get(c)))))
    }
    if (upper) k.loop(code, k.plus(i, 1), size, eliminate)
    else k.loop(code, 0, i, eliminate)
    if (unit) return
    const pivot = get(i, i)
    k.loop(code, 0, columns, (c) => target.set(c, 0, k.div(target.get(c), pivot)))
  }
  if (upper) k.loopDown(code, size, 0, row)
  else k.loop(code, 0, size, row)
}

/** The part of a matrix that the operation reads. */
function readPart(x: Node, { upper, unit }: TriangularAttrs): Node {
  return upper ? upperTriangle(x, unit ? 1 : 0) : lowerTriangle(x, unit ? -1 : 0)
}

/** X with T·X = B for a triangle T of A (or its transpose). Only that triangle is read. */
export const triangularSolveOp: Primitive<TriangularAttrs> = k.matrixRoutine<TriangularAttrs>({
  name: "triangularSolve",
  key: ({ upper, unit, transpose }) => `${upper},${unit},${transpose}`,
  shape: ([, b]) => aval(b!.shape, b!.dtype),
  // T·dX = dB − dT·X
  jvp: ([s, t], node, attrs) => {
    const [a, b] = node.inputs
    let rest = t ?? constantLike(b!, 0)
    if (s !== null) {
      const change = readPart(s!, attrs)
      rest = sub(rest, matrixProduct(attrs.transpose ? transposed(change) : change, node))
    }
    return triangularSolve(a!, rest, attrs)
  },
  // B̄ = T⁻ᵀ·X̄, T̄ = −B̄·Xᵀ
  vjp: (ct, node, attrs, needed) => {
    const rhs = triangularSolve(node.inputs[0]!, ct, { ...attrs, transpose: !attrs.transpose })
    if (!needed[0]) return [null, rhs]
    const outer = attrs.transpose
      ? matrixProduct(node, transposed(rhs))
      : matrixProduct(rhs, transposed(node))
    return [readPart(neg(outer), attrs), rhs]
  },
  ranks: { inputs: [2, 2], output: 2 },
  emit: ({ code, attrs, inputs, arguments: [a, b], result }, [offsetA, offsetB], offset) => {
    const [n, columns] = k.matrixSize(inputs[1]!)
    const matrix = new k.Matrix(code, a!, offsetA!, n)
    const rhs = new k.Matrix(code, b!, offsetB!, columns)
    const out = new k.Matrix(code, result, offset, columns)
    const x = k.Matrix.scratch(code, n, columns)
    k.eachElement(code, n, columns, (i, j) => x.set(i, j, rhs.get(i, j)))
    const { get } = attrs.transpose ? bound(matrix.transposed) : bound(matrix)
    substitute(code, { size: n, upper: attrs.upper !== attrs.transpose, unit: attrs.unit, get }, x, columns)
    k.eachElement(code, n, columns, (i, j) => out.set(i, j, x.get(i, j)))
  },
})

function bound(matrix: k.Matrix): Pick<Triangle, "get"> {
  return { get: (i, j) => matrix.get(i, j) }
}

export function triangularSolve(a: Node, b: Node, attrs: TriangularAttrs): Node {
  return makeNode(triangularSolveOp, [a, b], attrs)
}

/** X with X·T = B: the same for the transposes. */
export function triangularSolveRight(a: Node, b: Node, attrs: TriangularAttrs): Node {
  const flipped = { ...attrs, transpose: !attrs.transpose }
  return transposed(triangularSolve(a, transposed(b), flipped))
}
