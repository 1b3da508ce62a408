import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import { add, mul } from "./arithmetic.ts"
import { reshape } from "./broadcast.ts"
import { differences, matrixProduct, product, safeReciprocal, symmetrized, transposed } from "./matrices.ts"
import type { NoAttrs, Primitive } from "./record.ts"
import { noAttrs } from "./record.ts"
import * as k from "./routine.ts"
import { iterateQL, selectionSort, tridiagonalize } from "./tridiagonal.ts"
import { cat, diagonal, diagonalEmbed, sliceDim } from "./views.ts"

/** Eigenvalues and eigenvectors from one array: the values are the first row, the vectors the columns of the rest. */
function unpack(packed: Node): [values: Node, vectors: Node] {
  const rank = packed.shape.length
  const n = packed.shape.at(-1)!
  const values = reshape(sliceDim(packed, rank - 2, 0, 1), [...packed.shape.slice(0, -2), n])
  return [values, sliceDim(packed, rank - 2, 1, n)]
}

function pack(values: Node, vectors: Node): Node {
  const row = reshape(values, [...values.shape.slice(0, -1), 1, values.shape.at(-1)!])
  return cat([row, vectors], vectors.shape.length - 2)
}

/**
 * A = V·diag(λ)·Vᵀ of a symmetric matrix, λ ascending; reads the lower triangle. Derivatives are those of a symmetric A
 * (Giles 2008); where two eigenvalues are equal, the turning of their vectors into each other counts as zero.
 */
export const eighOp: Primitive<NoAttrs> = k.matrixRoutine<NoAttrs>({
  name: "eigh",
  key: () => "",
  shape: ([x]) => aval([...x!.shape.slice(0, -2), x!.shape.at(-1)! + 1, x!.shape.at(-1)!], x!.dtype),
  // With P = Vᵀ·dA·V and F_ij = 1/(λ_j − λ_i): dλ = diag P, dV = V·(F∘P)
  jvp: ([t], node) => {
    const [values, v] = unpack(node)
    const p = product(transposed(v), symmetrized(t!), v)
    return pack(diagonal(p), matrixProduct(v, mul(p, safeReciprocal(differences(values)))))
  },
  // Ā = V·(diag λ̄ + F∘(Vᵀ·V̄))·Vᵀ, made symmetric
  vjp: (ct, node) => {
    const [values, v] = unpack(node)
    const [valuesBar, vBar] = unpack(ct)
    const turn = mul(matrixProduct(transposed(v), vBar), safeReciprocal(differences(values)))
    return [symmetrized(product(v, add(turn, diagonalEmbed(valuesBar)), transposed(v)))]
  },
  ranks: { inputs: [2], output: 2 },
  emit: ({ code, inputs, arguments: [source], result }, [offsetA], offset) => {
    const [n] = k.matrixSize(inputs[0]!)
    if (n === 0) return
    const a = new k.Matrix(code, source!, offsetA!, n)
    const values = new k.Matrix(code, result, offset, 1)
    const vectors = new k.Matrix(code, result, code.bind(k.plus(offset, n)), n)
    // The inner loops run down columns, which therefore lie side by side.
    const v = k.Matrix.scratch(code, n, n).transposed
    const d = k.Matrix.scratch(code, n, 1)
    const e = k.Matrix.scratch(code, n, 1)
    k.eachElement(code, n, n, (i, j) => v.set(i, j, a.get(i, j)))
    tridiagonalize({ code, n, v, d, e })
    iterateQL({ code, n, v, d, e })
    selectionSort(code, n, d, k.less, (i, j) => k.loop(code, 0, n, (r) => v.swap(r, i, r, j)))
    k.loop(code, 0, n, (i) => values.set(i, 0, d.get(i)))
    k.eachElement(code, n, n, (i, j) => vectors.set(i, j, v.get(i, j)))
  },
})

export function eigh(x: Node): [values: Node, vectors: Node] {
  return unpack(makeNode(eighOp, [x], noAttrs))
}
