import type { Code, Expr, Variable } from "../kernel/index.ts"
import { int } from "../kernel/index.ts"
import * as k from "./routine.ts"

/**
 * The symmetric eigenproblem in the kernel IR: reduction to tridiagonal form and implicit QL iteration, after the
 * EISPACK routines tred2 and tql2 (Bowdler, Martin, Reinsch and Wilkinson 1968). Here and below `v` holds the matrix
 * at first and the eigenvectors in its columns at last, `d` the diagonal and `e` the subdiagonal.
 */
export interface Tridiagonal {
  readonly code: Code
  readonly n: number
  readonly v: k.Matrix
  readonly d: k.Matrix
  readonly e: k.Matrix
}

/** A real variable. */
function variable(code: Code, initial: Expr = k.real(0)): Variable {
  return code.variable(initial)
}

/** Householder reduction of a symmetric matrix (its lower triangle is read) to tridiagonal form. */
export function tridiagonalize(problem: Tridiagonal): void {
  const { code, n, v, d, e } = problem
  k.loop(code, 0, n, (j) => d.set(j, 0, v.get(n - 1, j)))
  k.loopDown(code, n, 1, (i) => {
    const previous = code.bind(k.minus(i, 1))
    const scale = code.bind(k.total(code, 0, i, (c) => k.abs(d.get(c))))
    const h = variable(code)
    code.if(
      k.equal(scale, k.real(0)),
      () => {
        e.set(i, 0, d.get(previous))
        k.loop(code, 0, i, (j) => {
          d.set(j, 0, v.get(previous, j))
          v.set(i, j, k.real(0))
          v.set(j, i, k.real(0))
        })
      },
      () => reflectRow(problem, i, previous, scale, h),
    )
    d.set(i, 0, k.use(h))
  })
  accumulateReflections(problem)
}

/** One step of the reduction: row i becomes zero but for its subdiagonal element. */
function reflectRow({ code, v, d, e }: Tridiagonal, i: Expr, previous: Expr, scale: Expr, h: Variable): void {
  k.loop(code, 0, i, (c) => {
    const scaled = code.bind(k.div(d.get(c), scale))
    d.set(c, 0, scaled)
    k.increase(code, h, k.mul(scaled, scaled))
  })
  const first = d.get(previous)
  const root = code.bind(k.sqrt(k.use(h)))
  const g = code.bind(k.choose(k.greater(first, k.real(0)), k.neg(root), root))
  e.set(i, 0, k.mul(scale, g))
  code.assign(h, k.sub(k.use(h), k.mul(first, g)))
  d.set(previous, 0, k.sub(first, g))
  k.loop(code, 0, i, (j) => e.set(j, 0, k.real(0)))
  k.loop(code, 0, i, (j) => {
    const f = d.get(j)
    v.set(j, i, f)
    const sum = variable(code, k.add(e.get(j), k.mul(v.get(j, j), f)))
    const column = v.column(j)
    k.loop(code, k.plus(j, 1), i, (c) => {
      const value = column.get(c)
      k.increase(code, sum, k.mul(value, d.get(c)))
      e.add(c, 0, k.mul(value, f))
    })
    e.set(j, 0, k.use(sum))
  })
  const along = variable(code)
  k.loop(code, 0, i, (j) => {
    const value = code.bind(k.div(e.get(j), k.use(h)))
    e.set(j, 0, value)
    k.increase(code, along, k.mul(value, d.get(j)))
  })
  const half = code.bind(k.div(k.use(along), k.add(k.use(h), k.use(h))))
  k.loop(code, 0, i, (j) => e.add(j, 0, k.neg(k.mul(half, d.get(j)))))
  k.loop(code, 0, i, (j) => {
    const f = d.get(j)
    const w = e.get(j)
    const column = v.column(j)
    k.loop(code, j, i, (c) => column.add(c, 0, k.neg(k.add(k.mul(f, e.get(c)), k.mul(w, d.get(c))))))
    d.set(j, 0, v.get(previous, j))
    v.set(i, j, k.real(0))
  })
}

/** The product of the reflections, in v. */
function accumulateReflections({ code, n, v, d, e }: Tridiagonal): void {
  k.loop(code, 0, n - 1, (i) => {
    const next = code.bind(k.plus(i, 1))
    v.set(n - 1, i, v.get(i, i))
    v.set(i, i, k.real(1))
    const h = d.get(next)
    code.if(k.different(h, k.real(0)), () => {
      k.loop(code, 0, next, (c) => d.set(c, 0, k.div(v.get(c, next), h)))
      const reflection = v.column(next)
      k.loop(code, 0, next, (j) => {
        const column = v.column(j)
        const g = code.bind(k.total(code, 0, next, (c) => k.mul(reflection.get(c), column.get(c))))
        k.loop(code, 0, next, (c) => column.add(c, 0, k.neg(k.mul(g, d.get(c)))))
      })
    })
    k.loop(code, 0, next, (c) => v.set(c, next, k.real(0)))
  })
  k.loop(code, 0, n, (j) => {
    d.set(j, 0, v.get(n - 1, j))
    v.set(n - 1, j, k.real(0))
  })
  v.set(n - 1, n - 1, k.real(1))
  e.set(0, 0, k.real(0))
}

const EPSILON = 2 ** -52
/** QL steps for one eigenvalue; about two are usual, and a matrix with NaN never converges. */
const STEP_LIMIT = 60

/** Eigenvalues (in d, in no order) and eigenvectors of a tridiagonal matrix. */
export function iterateQL(problem: Tridiagonal): void {
  const { code, n, d, e } = problem
  k.loop(code, 1, n, (i) => e.set(k.minus(i, 1), 0, e.get(i)))
  e.set(n - 1, 0, k.real(0))
  const shift = variable(code)
  const size = variable(code)
  k.loop(code, 0, n, (l) => {
    const here = code.bind(k.add(k.abs(d.get(l)), k.abs(e.get(l))))
    code.assign(size, k.choose(k.greater(here, k.use(size)), here, k.use(size)))
    const tiny = code.bind(k.mul(k.real(EPSILON), k.use(size)))
    const m = code.variable(l)
    const searching = code.variable(int(1))
    code.while(k.different(k.use(searching), int(0)), () => {
      const open = k.both(k.less(k.use(m), int(n - 1)), k.greater(k.abs(e.get(k.use(m))), tiny))
      code.if(
        open,
        () => code.assign(m, k.plus(k.use(m), 1)),
        () => code.assign(searching, int(0)),
      )
    })
    code.if(k.greater(k.use(m), l), () => {
      const steps = code.variable(int(0))
      const unfinished = code.variable(int(1))
      code.while(k.different(k.use(unfinished), int(0)), () => {
        stepQL(problem, l, code.bind(k.use(m)), shift)
        code.assign(steps, k.plus(k.use(steps), 1))
        const goOn = k.both(k.greater(k.abs(e.get(l)), tiny), k.less(k.use(steps), int(STEP_LIMIT)))
        code.assign(unfinished, k.choose(goOn, int(1), int(0)))
      })
    })
    d.add(l, 0, k.use(shift))
    e.set(l, 0, k.real(0))
  })
}

/** One implicit QL step on rows l … m. */
function stepQL({ code, n, v, d, e }: Tridiagonal, l: Expr, m: Expr, shift: Variable): void {
  const next = code.bind(k.plus(l, 1))
  const g = d.get(l)
  const el = e.get(l)
  const ratio = code.bind(k.div(k.sub(d.get(next), g), k.mul(k.real(2), el)))
  const root = code.bind(k.sqrt(k.add(k.mul(ratio, ratio), k.real(1))))
  const sum = code.bind(k.add(ratio, k.choose(k.less(ratio, k.real(0)), k.neg(root), root)))
  d.set(l, 0, k.div(el, sum))
  d.set(next, 0, k.mul(el, sum))
  const dNext = d.get(next)
  const h = code.bind(k.sub(g, d.get(l)))
  k.loop(code, k.plus(l, 2), n, (i) => d.add(i, 0, k.neg(h)))
  k.increase(code, shift, h)
  const p = variable(code, d.get(m))
  const elNext = e.get(next)
  const [c, c2, c3] = [variable(code, k.real(1)), variable(code, k.real(1)), variable(code, k.real(1))]
  const [s, s2] = [variable(code), variable(code)]
  k.loopDown(code, m, l, (i) => {
    const after = code.bind(k.plus(i, 1))
    code.assign(c3, k.use(c2))
    code.assign(c2, k.use(c))
    code.assign(s2, k.use(s))
    const ei = e.get(i)
    const di = d.get(i)
    const cg = code.bind(k.mul(k.use(c), ei))
    const ch = code.bind(k.mul(k.use(c), k.use(p)))
    const r = code.bind(k.sqrt(k.add(k.mul(k.use(p), k.use(p)), k.mul(ei, ei))))
    e.set(after, 0, k.mul(k.use(s), r))
    code.assign(s, k.div(ei, r))
    code.assign(c, k.div(k.use(p), r))
    code.assign(p, k.sub(k.mul(k.use(c), di), k.mul(k.use(s), cg)))
    const rest = k.add(k.mul(k.use(c), cg), k.mul(k.use(s), di))
    d.set(after, 0, k.add(ch, k.mul(k.use(s), rest)))
    rotate(code, n, v, i, after, k.use(c), k.use(s))
  })
  const last = k.div(
    k.mul(k.mul(k.mul(k.neg(k.use(s)), k.use(s2)), k.use(c3)), k.mul(elNext, e.get(l))),
    dNext,
  )
  const end = code.bind(last)
  e.set(l, 0, k.mul(k.use(s), end))
  d.set(l, 0, k.mul(k.use(c), end))
}

/** Columns i and j become c·vᵢ − s·vⱼ and s·vᵢ + c·vⱼ. */
export function rotate(code: Code, rows: number, v: k.Matrix, i: Expr, j: Expr, c: Expr, s: Expr): void {
  const [left, right] = [v.column(i), v.column(j)]
  k.loop(code, 0, rows, (r) => {
    const x = left.get(r)
    const y = right.get(r)
    right.set(r, 0, k.add(k.mul(s, x), k.mul(c, y)))
    left.set(r, 0, k.sub(k.mul(c, x), k.mul(s, y)))
  })
}

/** Sorts numbers, and moves what belongs to them along: `precedes(a, b)` says that a must stand before b. */
export function selectionSort(
  code: Code,
  n: number,
  keys: k.Matrix,
  precedes: (a: Expr, b: Expr) => Expr,
  swap: (i: Expr, j: Expr) => void,
): void {
  k.loop(code, 0, n - 1, (i) => {
    const best = code.variable(i)
    const value = code.variable(keys.get(i))
    k.loop(code, k.plus(i, 1), n, (j) => {
      const candidate = keys.get(j)
      code.if(precedes(candidate, k.use(value)), () => {
        code.assign(best, j)
        code.assign(value, candidate)
      })
    })
    code.if(k.different(k.use(best), i), () => {
      const j = code.bind(k.use(best))
      keys.swap(i, 0, j, 0)
      swap(i, j)
    })
  })
}
