import { NablaError } from "../../base/index.ts"

/** Eigenvalues in ascending order; row k of `vectors` is the unit eigenvector of value k. */
export interface Eigensystem {
  readonly values: Float64Array
  readonly vectors: readonly Float64Array[]
}

/** QL steps that one eigenvalue may take; two or three are usual. */
const LIMIT = 60

/**
 * All eigenvalues and eigenvectors of a symmetric tridiagonal matrix, by QL with implicit shifts (Wilkinson & Reinsch,
 * Handbook for Automatic Computation II, tql2). On the host, since its size changes at each step of Lanczos.
 *
 * @param diagonal m entries
 * @param beside m − 1 entries next to the diagonal
 */
export function tridiagonalEigen(diagonal: readonly number[], beside: readonly number[]): Eigensystem {
  const m = diagonal.length
  const d = Float64Array.from(diagonal)
  const e = new Float64Array(m)
  e.set(beside.slice(0, m - 1))
  // rows[k] becomes eigenvector k, so that a rotation works on two rows that lie together in memory.
  const rows = Array.from({ length: m }, (_, k) =>
    Float64Array.from({ length: m }, (_, i) => Number(i === k)),
  )
  for (let l = 0; l < m; l++) {
    for (let turn = 0; ; turn++) {
      let end = l
      while (end < m - 1 && Math.abs(e[end]!) > Number.EPSILON * (Math.abs(d[end]!) + Math.abs(d[end + 1]!)))
        end++
      if (end === l) break
      if (turn === LIMIT) throw notConverged()
      chase(d, e, rows, l, end)
    }
  }
  const order = Array.from(d.keys()).sort((i, j) => d[i]! - d[j]!)
  return { values: Float64Array.from(order, (k) => d[k]!), vectors: order.map((k) => rows[k]!) }
}

/** One QL step on the unreduced block from l to end. */
function chase(d: Float64Array, e: Float64Array, rows: Float64Array[], l: number, end: number): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!)
  let r = Math.hypot(g, 1)
  g = d[end]! - d[l]! + e[l]! / (g + (g < 0 ? -r : r))
  let [s, c, p] = [1, 1, 0]
  for (let i = end - 1; i >= l; i--) {
    let f = s * e[i]!
    const b = c * e[i]!
    r = Math.hypot(f, g)
    e[i + 1] = r
    if (r === 0) {
      d[i + 1] = d[i + 1]! - p
      e[end] = 0
      return
    }
    s = f / r
    c = g / r
    g = d[i + 1]! - p
    r = (d[i]! - g) * s + 2 * c * b
    p = s * r
    d[i + 1] = g + p
    g = c * r - b
    const [lower, upper] = [rows[i]!, rows[i + 1]!]
    for (let k = 0; k < lower.length; k++) {
      f = upper[k]!
      upper[k] = s * lower[k]! + c * f
      lower[k] = c * lower[k]! - s * f
    }
  }
  d[l] = d[l]! - p
  e[l] = g
  e[end] = 0
}

function notConverged(): NablaError {
  return new NablaError("NABLA_NON_FINITE", {
    message: "the eigenvalues of Lanczos' matrix do not settle",
    where: "curvature",
    hint: "the loss or its second derivatives are probably not finite",
  })
}
