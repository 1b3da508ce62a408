import type { Node } from "../graph/index.ts"
import { makeNode } from "../graph/index.ts"
import { add, scale } from "./arithmetic.ts"
import { lowerTriangle, matrixProduct, symmetrized, transposed } from "./matrices.ts"
import type { NoAttrs, Primitive } from "./record.ts"
import { noAttrs } from "./record.ts"
import * as k from "./routine.ts"
import { triangularSolve, triangularSolveRight } from "./triangular.ts"

const lower = { upper: false, unit: false, transpose: false }

/** Φ: the lower triangle with its diagonal halved, so that Φ(S + Sᵀ) of a lower triangular S is S. */
function halfTriangle(x: Node): Node {
  return scale(add(lowerTriangle(x), lowerTriangle(x, -1)), 0.5)
}

/**
 * The lower triangular L with L·Lᵀ = A; reads the lower triangle. The factor of a matrix that is not positive
 * definite is NaN from the failing column on. Derivatives are those of a symmetric A (Murray 2016,
 * arXiv:1602.07527v1).
 */
export const choleskyOp: Primitive<NoAttrs> = k.matrixRoutine<NoAttrs>({
  name: "cholesky",
  key: () => "",
  shape: ([x]) => x!,
  // dL = L·Φ(L⁻¹·dA·L⁻ᵀ)
  jvp: ([t], node) => {
    const left = triangularSolve(node, symmetrized(t!), lower)
    return matrixProduct(node, halfTriangle(triangularSolveRight(node, left, { ...lower, transpose: true })))
  },
  // Ā = L⁻ᵀ·Φ(Lᵀ·L̄)·L⁻¹, made symmetric
  vjp: (ct, node) => {
    const inner = halfTriangle(matrixProduct(transposed(node), ct))
    const left = triangularSolve(node, inner, { ...lower, transpose: true })
    return [symmetrized(triangularSolveRight(node, left, lower))]
  },
  ranks: { inputs: [2], output: 2 },
  emit: ({ code, inputs, arguments: [source], result }, [offsetA], offset) => {
    const [n] = k.matrixSize(inputs[0]!)
    const a = new k.Matrix(code, source!, offsetA!, n)
    const out = new k.Matrix(code, result, offset, n)
    const l = k.Matrix.scratch(code, n, n)
    k.loop(code, 0, n, (i) => {
      const own = l.row(i)
      k.loop(code, 0, k.plus(i, 1), (j) => {
        const other = l.row(j)
        const rest = k.sub(
          a.get(i, j),
          k.total(code, 0, j, (c) => k.mul(own.get(c), other.get(c))),
        )
        code.if(
          k.equal(i, j),
          () => l.set(i, i, k.choose(k.greater(rest, k.real(0)), k.sqrt(rest), k.real(Number.NaN))),
          () => l.set(i, j, k.div(rest, l.get(j, j))),
        )
      })
    })
    k.eachElement(code, n, n, (i, j) => {
      code.if(
        k.less(i, j),
        () => out.set(i, j, k.real(0)),
        () => out.set(i, j, l.get(i, j)),
      )
    })
  },
})

export function cholesky(x: Node): Node {
  return makeNode(choleskyOp, [x], noAttrs)
}
