import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { Reducer, Value } from "../kernel/index.ts"
import { abs, and, eq, mul, sign, where } from "./arithmetic.ts"
import { constantLike, expand, reshape, spread, sum, withBatch } from "./broadcast.ts"
import { identity } from "./matrices.ts"
import type { NoAttrs, Primitive, Pull } from "./record.ts"
import { noAttrs } from "./record.ts"
import { maxReduce, prod } from "./reductions.ts"
import { factorsOf, solveFactored } from "./solve.ts"
import { iota } from "./sources.ts"
import { diagonal } from "./views.ts"

/** One number for each matrix. */
function overMatrix(numbers: Node, matrices: Node): Node {
  return expand(reshape(numbers, [...numbers.shape, 1, 1]), matrices.shape)
}

function sumOfMatrix(x: Node): Node {
  const rank = x.shape.length
  return sum(x, [rank - 2, rank - 1])
}

/** A⁻ᵀ */
function inverseTransposed(a: Node, factors: Node): Node {
  return solveFactored(a, factors, identity(a.shape, a.aval.dtype), true)
}

/**
 * A number that is folded from the diagonal of the packed factors. Inputs: A, its factors; the derivative is taken
 * through A alone.
 */
/* @__NO_SIDE_EFFECTS__ */
function ofDiagonal(
  name: string,
  reducer: Reducer,
  element: (pull: Pull<NoAttrs>, value: Value) => Value,
  gradient: (node: Node) => Node,
): Primitive<NoAttrs> {
  const record: Primitive<NoAttrs> = {
    name,
    key: () => "",
    shape: ([a]) => aval(a!.shape.slice(0, -2), a!.dtype),
    jvp: ([t], node) => (t === null ? null : sumOfMatrix(mul(t!, gradient(node)))),
    vjp: (ct, node) => [mul(overMatrix(ct, node.inputs[0]!), gradient(node)), null],
    vmap: (inputs, batched, size) =>
      makeNode(
        record,
        inputs.map((input, i) => withBatch(input, batched[i]!, size)),
        noAttrs,
      ),
    lower: {
      kind: "reduction",
      reducer: () => reducer,
      extents: ([, f]) => [f!.shape.at(-1)!],
      value: (pull, index, [r]) => element(pull, pull.input(1, [...index, r!, r!])),
    },
  }
  return record
}

/** det A = sign(P)·Π U_ii, with ∂det/∂A = det A·A⁻ᵀ */
export const detOp = ofDiagonal(
  "det",
  { op: "mul", identity: 1 },
  (_, value) => value,
  (node) => {
    const [a, f] = node.inputs
    const factors = withoutZeroPivots(f!)
    const value = makeNode(detOp, [a!, factors], noAttrs)
    return mul(overMatrix(value, a!), inverseTransposed(a!, factors))
  },
)

/** ln |det A| = Σ ln |U_ii|, with gradient A⁻ᵀ; the sign in the corner adds ln 1. */
export const logAbsDetOp = ofDiagonal(
  "logAbsDet",
  { op: "add", identity: 0 },
  ({ b }, value) => b.unary("log", b.unary("abs", value)),
  ({ inputs: [a, f] }) => inverseTransposed(a!, f!),
)

/**
 * The determinant is smooth where the matrix is singular too, but det A·A⁻ᵀ is 0·∞ there: a pivot that is exactly 0 is
 * replaced by the rounding error of the largest one.
 */
function withoutZeroPivots(factors: Node): Node {
  const { shape } = factors
  const rank = shape.length
  const last = [rank - 2, rank - 1]
  const epsilon = factors.aval.dtype === "float64" ? 2 ** -52 : 2 ** -23
  const largest = spread(maxReduce(abs(factors), last, "first"), shape, last)
  const zero = and(
    eq(iota(shape, [rank - 2]), iota(shape, [rank - 1])),
    eq(factors, constantLike(factors, 0)),
  )
  return where(zero, mul(largest, constantLike(factors, epsilon)), factors)
}

export function det(a: Node): Node {
  return makeNode(detOp, [a, factorsOf(a)], noAttrs)
}

/** Sign and logarithm of the absolute value of the determinant. */
export function slogdet(a: Node): [sign: Node, logAbs: Node] {
  const factors = factorsOf(a)
  const signs = sign(diagonal(factors))
  return [prod(signs, [signs.shape.length - 1]), makeNode(logAbsDetOp, [a, factors], noAttrs)]
}
