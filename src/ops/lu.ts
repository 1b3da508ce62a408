import type { Shape } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import { add, cast, eq } from "./arithmetic.ts"
import { expand } from "./broadcast.ts"
import { identity, lowerTriangle, matrixProduct, product, transposed, upperTriangle } from "./matrices.ts"
import type { NoAttrs, Primitive } from "./record.ts"
import { noAttrs } from "./record.ts"
import * as k from "./routine.ts"
import { iota } from "./sources.ts"
import { triangularSolve, triangularSolveRight } from "./triangular.ts"
import { pad, slice } from "./views.ts"

const upper = { upper: true, unit: false, transpose: false }
const unitLower = { upper: false, unit: true, transpose: false }

/** Rows from `row` and columns from `column` on of each matrix. */
function block(x: Node, row: number, column: number, rows: number, columns: number): Node {
  const lead = x.shape.slice(0, -2)
  return slice(x, {
    start: [...lead.map(() => 0), row, column],
    size: [...lead, rows, columns],
    step: x.shape.map(() => 1),
  })
}

/** The packed factors as matrices: A = Pᵀ·L·U. */
export function unpackLU(f: Node): { permutation: Node; l: Node; u: Node } {
  const n = f.shape.at(-1)! - 1
  const factors = block(f, 0, 0, n, n)
  const { shape } = factors
  const rows = expand(cast(block(f, 0, n, n, 1), "int32"), shape)
  const permutation = cast(eq(rows, iota(shape, [shape.length - 1])), f.aval.dtype)
  const l = add(lowerTriangle(factors, -1), identity(shape, f.aval.dtype))
  return { permutation, l, u: upperTriangle(factors) }
}

/** Adjoint of taking the upper left block. */
function embed(x: Node, shape: Shape): Node {
  const zeros = shape.map(() => 0)
  return pad(x, { shape, low: zeros, interior: zeros, value: 0 })
}

/**
 * P·A = L·U with partial pivoting, in one array of n+1 rows and columns: U on and above the diagonal, L (whose diagonal
 * is ones) below it; the last column holds the row of A that stands in each row of P·A, and the corner the sign of P.
 * The diagonal is then that of U and the sign, whose product is the determinant. Derivatives take P as fixed.
 */
export const luOp: Primitive<NoAttrs> = k.matrixRoutine<NoAttrs>({
  name: "lu",
  key: () => "",
  shape: ([x]) => {
    const n = x!.shape.at(-1)! + 1
    return aval([...x!.shape.slice(0, -2), n, n], x!.dtype)
  },
  // With M = L⁻¹·P·dA·U⁻¹: dL = L·tril₋(M), dU = triu(M)·U
  jvp: ([t], node) => {
    const { permutation, l, u } = unpackLU(node)
    const m = triangularSolveRight(u, triangularSolve(l, matrixProduct(permutation, t!), unitLower), upper)
    const parts = add(matrixProduct(l, lowerTriangle(m, -1)), matrixProduct(upperTriangle(m), u))
    return embed(parts, node.shape)
  },
  // M̄ = tril₋(Lᵀ·F̄) + triu(F̄·Uᵀ), Ā = Pᵀ·L⁻ᵀ·M̄·U⁻ᵀ; of F̄ each factor sees its own triangle.
  vjp: (ct, node) => {
    const { permutation, l, u } = unpackLU(node)
    const n = node.shape.at(-1)! - 1
    const bar = block(ct, 0, 0, n, n)
    const m = add(
      lowerTriangle(matrixProduct(transposed(l), lowerTriangle(bar, -1)), -1),
      upperTriangle(matrixProduct(upperTriangle(bar), transposed(u))),
    )
    const left = triangularSolve(l, m, { ...unitLower, transpose: true })
    const right = triangularSolveRight(u, left, { ...upper, transpose: true })
    return [product(transposed(permutation), right)]
  },
  ranks: { inputs: [2], output: 2 },
  emit: ({ code, inputs, arguments: [source], result }, [offsetA], offset) => {
    const [n] = k.matrixSize(inputs[0]!)
    const a = new k.Matrix(code, source!, offsetA!, n)
    const out = new k.Matrix(code, result, offset, n + 1)
    const w = k.Matrix.scratch(code, n, n)
    const rows = k.Matrix.scratch(code, n, 1)
    const sign = code.variable(k.real(1))
    k.loop(code, 0, n, (i) => {
      k.loop(code, 0, n, (j) => w.set(i, j, a.get(i, j)))
      rows.set(i, 0, k.realOf(i))
    })
    k.loop(code, 0, n, (c) => {
      const best = code.variable(k.abs(w.get(c, c)))
      const row = code.variable(c)
      k.loop(code, k.plus(c, 1), n, (i) => {
        const size = code.bind(k.abs(w.get(i, c)))
        code.if(k.greater(size, k.use(best)), () => {
          code.assign(best, size)
          code.assign(row, i)
        })
      })
      code.if(k.different(k.use(row), c), () => {
        k.loop(code, 0, n, (j) => w.swap(c, j, k.use(row), j))
        rows.swap(c, 0, k.use(row), 0)
        code.assign(sign, k.neg(k.use(sign)))
      })
      // A column of zeros needs no elimination; the pivot stays 0 and says that the matrix is singular.
      code.if(k.different(k.use(best), k.real(0)), () => {
        const pivots = w.row(c)
        const pivot = pivots.get(c)
        k.loop(code, k.plus(c, 1), n, (i) => {
          const target = w.row(i)
          const factor = code.bind(k.div(target.get(c), pivot))
          target.set(c, 0, factor)
          k.loop(code, k.plus(c, 1), n, (j) => target.add(j, 0, k.neg(k.mul(factor, pivots.get(j)))))
        })
      })
    })
    k.loop(code, 0, n, (i) => {
      k.loop(code, 0, n, (j) => out.set(i, j, w.get(i, j)))
      out.set(i, n, rows.get(i))
      out.set(n, i, k.real(0))
    })
    out.set(n, n, k.use(sign))
  },
})

export function lu(x: Node): Node {
  return makeNode(luOp, [x], noAttrs)
}
