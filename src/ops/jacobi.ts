import type { Code, Expr } from "../kernel/index.ts"
import { int } from "../kernel/index.ts"
import * as k from "./routine.ts"
import { rotate, selectionSort } from "./tridiagonal.ts"

/** The singular value decomposition by one-sided Jacobi rotations, in the kernel IR. */

/** Sweeps over all pairs of columns; 6 to 10 are usual, and a matrix with NaN or infinity never converges. */
const SWEEP_LIMIT = 40

/** Columns of u, which are turned, and of v, which turn along. */
export interface Pairs {
  readonly rows: number
  readonly columns: number
  readonly u: k.Matrix
  readonly v: k.Matrix
}

/** Turns the columns of u in pairs until all are orthogonal, and those of v along with them. */
export function orthogonalize(code: Code, pairs: Pairs): void {
  const squares = k.Matrix.scratch(code, pairs.columns, 1)
  const sweeps = code.variable(int(0))
  const turning = code.variable(int(1))
  code.while(k.different(k.use(turning), int(0)), () => {
    const turned = code.variable(int(0))
    // Lengths are kept up to date within a sweep, and computed anew for each.
    k.loop(code, 0, pairs.columns, (j) => {
      squares.set(j, 0, squaredLength(code, pairs.rows, pairs.u.column(j)))
    })
    k.loop(code, 0, pairs.columns, (i) => {
      k.loop(code, k.plus(i, 1), pairs.columns, (j) => {
        turnPair(code, pairs, squares, i, j, () => code.assign(turned, int(1)))
      })
    })
    code.assign(sweeps, k.plus(k.use(sweeps), 1))
    code.assign(turning, k.choose(k.less(k.use(sweeps), int(SWEEP_LIMIT)), k.use(turned), int(0)))
  })
}

/** Σ of squares of the elements of a column. */
function squaredLength(code: Code, rows: number, column: k.Matrix): Expr {
  return k.total(code, 0, rows, (r) => {
    const value = column.get(r)
    return k.mul(value, value)
  })
}

/** Turns columns i and j by the angle that makes them orthogonal, unless they are; `squares` holds their lengths². */
function turnPair(code: Code, pairs: Pairs, squares: k.Matrix, i: Expr, j: Expr, turned: () => void): void {
  const { rows, columns, u, v } = pairs
  const [left, right] = [u.column(i), u.column(j)]
  const gamma = code.bind(k.total(code, 0, rows, (r) => k.mul(left.get(r), right.get(r))))
  const [alpha, beta] = [squares.get(i), squares.get(j)]
  // The rounding error of the inner product sets the limit.
  const tolerance = k.real(2 ** -51 * Math.sqrt(Math.max(rows, 1)))
  code.if(k.greater(k.abs(gamma), k.mul(tolerance, k.sqrt(k.mul(alpha, beta)))), () => {
    turned()
    const zeta = code.bind(k.div(k.sub(beta, alpha), k.mul(k.real(2), gamma)))
    const root = k.add(k.abs(zeta), k.sqrt(k.add(k.real(1), k.mul(zeta, zeta))))
    const size = code.bind(k.div(k.real(1), root))
    const tangent = code.bind(k.choose(k.less(zeta, k.real(0)), k.neg(size), size))
    const c = code.bind(k.div(k.real(1), k.sqrt(k.add(k.real(1), k.mul(tangent, tangent)))))
    const s = code.bind(k.mul(c, tangent))
    rotate(code, rows, u, i, j, c, s)
    rotate(code, columns, v, i, j, c, s)
    // What one gains the other loses; where little is left of one, its length is computed anew.
    const gain = code.bind(k.mul(tangent, gamma))
    update(code, rows, left, squares, i, k.sub(alpha, gain), alpha)
    update(code, rows, right, squares, j, k.add(beta, gain), beta)
  })
}

function update(
  code: Code,
  rows: number,
  column: k.Matrix,
  squares: k.Matrix,
  at: Expr,
  value: Expr,
  before: Expr,
): void {
  const after = code.bind(value)
  code.if(
    k.greater(after, k.mul(k.real(0.01), before)),
    () => squares.set(at, 0, after),
    () => squares.set(at, 0, squaredLength(code, rows, column)),
  )
}

/**
 * Lengths of the columns of u into s, in descending order, and the columns to length 1. Gives the number of columns
 * that are not zero.
 */
export function normalize(code: Code, { rows, columns, u, v }: Pairs, s: k.Matrix): Expr {
  k.loop(code, 0, columns, (j) => {
    s.set(j, 0, k.sqrt(squaredLength(code, rows, u.column(j))))
  })
  selectionSort(code, columns, s, k.greater, (i, j) => {
    k.loop(code, 0, rows, (r) => u.swap(r, i, r, j))
    k.loop(code, 0, columns, (r) => v.swap(r, i, r, j))
  })
  const rank = code.variable(int(0))
  k.loop(code, 0, columns, (j) => {
    const length = s.get(j)
    code.if(k.different(length, k.real(0)), () => {
      code.assign(rank, k.plus(j, 1))
      k.loop(code, 0, rows, (r) => u.set(r, j, k.div(u.get(r, j), length)))
    })
  })
  return k.use(rank)
}

/** Columns from `rank` to `count` of u, orthonormal to those before them and to each other (Gram–Schmidt, twice). */
export function complete(code: Code, rows: number, count: number, rank: Expr, u: k.Matrix): void {
  k.loop(code, rank, count, (c) => {
    // The unit vector that the columns so far span least.
    const least = code.variable(k.real(2))
    const row = code.variable(int(0))
    k.loop(code, 0, rows, (r) => {
      const spanned = code.bind(
        k.total(code, 0, c, (j) => {
          const value = u.get(r, j)
          return k.mul(value, value)
        }),
      )
      code.if(k.less(spanned, k.use(least)), () => {
        code.assign(least, spanned)
        code.assign(row, r)
      })
    })
    const chosen = code.bind(k.use(row))
    const added = u.column(c)
    k.loop(code, 0, rows, (r) => added.set(r, 0, k.choose(k.equal(r, chosen), k.real(1), k.real(0))))
    k.loop(code, 0, 2, () => {
      k.loop(code, 0, c, (j) => {
        const done = u.column(j)
        const along = code.bind(k.total(code, 0, rows, (r) => k.mul(done.get(r), added.get(r))))
        k.loop(code, 0, rows, (r) => added.add(r, 0, k.neg(k.mul(along, done.get(r)))))
      })
      const length = code.bind(k.sqrt(squaredLength(code, rows, added)))
      k.loop(code, 0, rows, (r) => added.set(r, 0, k.div(added.get(r), length)))
    })
  })
}
