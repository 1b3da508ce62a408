import type { Node } from "../graph/index.ts"
import { makeNode } from "../graph/index.ts"
import type { Code, Expr } from "../kernel/index.ts"
import { int } from "../kernel/index.ts"
import { constantLike } from "./broadcast.ts"
import { transposed } from "./matrices.ts"
import type { NoAttrs, Primitive } from "./record.ts"
import { noAttrs } from "./record.ts"
import * as k from "./routine.ts"
import { cat, sliceDim } from "./views.ts"

/** Degree of the Taylor series; for norms up to ½ the rest is under 2⁻⁵³ of the sum. */
const DEGREE = 15
/** Halvings at most: a matrix with infinities has no exponential, and must not keep the kernel busy. */
const HALVING_LIMIT = 64

/**
 * e^A by scaling and squaring: A is halved s times until its norm is at most ½, its exponential is summed up and then
 * squared s times. The derivative along E is the upper right block of exp [[A, E], [0, A]] (Mathias 1996).
 */
export const matrixExponentialOp: Primitive<NoAttrs> = k.matrixRoutine<NoAttrs>({
  name: "matrixExponential",
  key: () => "",
  shape: ([x]) => x!,
  jvp: ([t], { inputs: [x] }) => derivative(x!, t!),
  vjp: (ct, { inputs: [x] }) => [derivative(transposed(x!), ct)],
  ranks: { inputs: [2], output: 2 },
  emit: ({ code, inputs, arguments: [source], result }, [offsetA], offset) => {
    const [n] = k.matrixSize(inputs[0]!)
    const a = new k.Matrix(code, source!, offsetA!, n)
    const out = new k.Matrix(code, result, offset, n)
    const scratch = (): k.Matrix => k.Matrix.scratch(code, n, n)
    const powers = [scratch(), scratch(), scratch(), scratch()]
    const [e, next] = [scratch(), scratch()]
    const norm = code.variable(largestRowSum(code, n, a))
    const factor = code.variable(k.real(1))
    const halvings = code.variable(int(0))
    const large = k.both(k.greater(k.use(norm), k.real(0.5)), k.less(k.use(halvings), int(HALVING_LIMIT)))
    code.while(large, () => {
      code.assign(norm, k.mul(k.use(norm), k.real(0.5)))
      code.assign(factor, k.mul(k.use(factor), k.real(0.5)))
      code.assign(halvings, k.plus(k.use(halvings), 1))
    })
    k.eachElement(code, n, n, (i, j) => powers[0]!.set(i, j, k.mul(a.get(i, j), k.use(factor))))
    sumSeries(code, n, powers, e, next)
    k.loop(code, 0, k.use(halvings), () => {
      multiply(code, n, e, e, next)
      k.eachElement(code, n, n, (i, j) => e.set(i, j, next.get(i, j)))
    })
    k.eachElement(code, n, n, (i, j) => out.set(i, j, e.get(i, j)))
  },
})

/**
 * e = Σ Xᵏ/k!, as a polynomial in X⁴ whose coefficients are polynomials of degree 3: six products instead of fifteen
 * (Paterson and Stockmeyer 1973). `powers` holds X and takes X² … X⁴.
 */
function sumSeries(code: Code, n: number, powers: readonly k.Matrix[], e: k.Matrix, next: k.Matrix): void {
  const [x, x2, x3, x4] = powers as [k.Matrix, k.Matrix, k.Matrix, k.Matrix]
  multiply(code, n, x, x, x2)
  multiply(code, n, x2, x, x3)
  multiply(code, n, x2, x2, x4)
  const coefficients = [1]
  for (let d = 1; d <= DEGREE; d++) coefficients.push(coefficients[d - 1]! / d)
  for (let first = DEGREE - 3; first >= 0; first -= 4) {
    const [c0, c1, c2, c3] = coefficients.slice(first, first + 4).map(k.real) as [Expr, Expr, Expr, Expr]
    const higher = first + 4 <= DEGREE
    if (higher) multiply(code, n, e, x4, next)
    k.eachElement(code, n, n, (i, j) => {
      const constant = k.choose(k.equal(i, j), c0, k.real(0))
      const block = [k.mul(c1, x.get(i, j)), k.mul(c2, x2.get(i, j)), k.mul(c3, x3.get(i, j))]
      const sum = [...block, ...(higher ? [next.get(i, j)] : [])].reduce(k.add, constant)
      e.set(i, j, sum)
    })
  }
}

function largestRowSum(code: Code, n: number, a: k.Matrix): Expr {
  const largest = code.variable(k.real(0))
  k.loop(code, 0, n, (i) => {
    const sum = code.bind(k.total(code, 0, n, (j) => k.abs(a.get(i, j))))
    code.if(k.greater(sum, k.use(largest)), () => code.assign(largest, sum))
  })
  return k.use(largest)
}

/** out = x·y */
function multiply(code: Code, n: number, x: k.Matrix, y: k.Matrix, out: k.Matrix): void {
  k.loop(code, 0, n, (i) => {
    const target = out.row(i)
    k.loop(code, 0, n, (j) => target.set(j, 0, k.real(0)))
    k.loop(code, 0, n, (c) => {
      const factor = x.get(i, c)
      const source = y.row(c)
      k.loop(code, 0, n, (j) => target.add(j, 0, k.mul(factor, source.get(j))))
    })
  })
}

function derivative(x: Node, direction: Node): Node {
  const rank = x.shape.length
  const n = x.shape[rank - 1]!
  const above = cat([x, direction], rank - 1)
  const below = cat([constantLike(x, 0), x], rank - 1)
  const whole = matrixExponential(cat([above, below], rank - 2))
  return sliceDim(sliceDim(whole, rank - 2, 0, n), rank - 1, n, n)
}

export function matrixExponential(x: Node): Node {
  return makeNode(matrixExponentialOp, [x], noAttrs)
}
