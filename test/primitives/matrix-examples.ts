import type { Node } from "../../src/graph/index.ts"
import * as ops from "../../src/ops/index.ts"
import type { Argument, Example } from "./harness.ts"

/** Examples of the routines on matrices and signals. Their arguments are made well-conditioned where that matters. */

type Build = (inputs: readonly Node[]) => Node

function use<A extends object>(
  op: ops.Primitive<A>,
  inputs: readonly Argument[],
  build: Build,
  more: Partial<Example> = {},
): Example {
  return { op: ops.erase(op), attrs: {}, inputs, build, tolerance: 2e-4, ...more }
}

const matrix = (...shape: number[]): Argument => ({ shape })
const sizes = [
  [3, 3],
  [2, 4, 4],
  [1, 1],
  [2, 0, 0],
]

/** X + 4·I: no pivot is near zero. */
function dominant(x: Node): Node {
  return ops.add(x, ops.scale(ops.identity(x.shape, x.aval.dtype), 4))
}

/** X·Xᵀ + I */
function positiveDefinite(x: Node): Node {
  return ops.add(ops.matrixProduct(x, ops.transposed(x)), ops.identity(x.shape, x.aval.dtype))
}

/** The parts of a result in one row. */
function joined(parts: readonly Node[]): Node {
  return ops.cat(
    parts.map((part) => ops.reshape(part, [part.aval.size])),
    0,
  )
}

/** U with the singular values and vectors that determine each other's signs: products do not depend on them. */
function invariant({ u, s, vh }: ReturnType<typeof ops.svd>): Node {
  const columns = s.shape.at(-1)!
  const thin = ops.sliceDim(u, u.shape.length - 1, 0, columns)
  return joined([ops.mul(thin, thin), s, ops.matrixProduct(thin, vh)])
}

const triangles = [true, false].flatMap((upper) =>
  [true, false].flatMap((unit) => [true, false].map((transpose) => ({ upper, unit, transpose }))),
)

const systems: Example[] = [
  ...sizes.flatMap((shape) => {
    const n = shape.at(-1)!
    const rhs = matrix(...shape.slice(0, -1), n === 4 ? 1 : 2)
    return [
      use(ops.luOp, [matrix(...shape)], ([a]) => ops.lu(dominant(a!))),
      use(ops.luOp, [matrix(...shape)], ([a]) => ops.unpackLU(ops.lu(a!)).u, { note: "with pivoting" }),
      use(ops.solveOp, [matrix(...shape), rhs], ([a, b]) => ops.solve(dominant(a!), b!)),
      use(ops.solveOp, [matrix(...shape)], ([a]) => ops.inverse(a!), { note: "inverse", tolerance: 2e-3 }),
      use(ops.detOp, [matrix(...shape)], ([a]) => ops.det(a!)),
      use(ops.logAbsDetOp, [matrix(...shape)], ([a]) => ops.slogdet(a!)[1], { tolerance: 2e-3 }),
      use(ops.choleskyOp, [matrix(...shape)], ([a]) => ops.cholesky(positiveDefinite(a!))),
      use(ops.matrixExponentialOp, [matrix(...shape)], ([a]) => ops.matrixExponential(a!)),
    ]
  }),
  ...triangles.map((attrs) =>
    use(
      ops.triangularSolveOp,
      [matrix(2, 4, 4), matrix(2, 4, 3)],
      ([a, b]) => ops.triangularSolve(attrs.unit ? ops.scale(a!, 0.5) : dominant(a!), b!, attrs),
      {
        note: Object.entries(attrs)
          .flatMap(([name, on]) => (on ? [name] : []))
          .join(" "),
      },
    ),
  ),
]

const factorizations: Example[] = [
  ...[
    [4, 3],
    [3, 3],
    [2, 5, 1],
    [3, 0],
  ].map((shape) =>
    use(ops.qrOp, [matrix(...shape)], ([a]) => joined(ops.qr(a!, false)), { tolerance: 2e-3 }),
  ),
  use(ops.qrOp, [matrix(2, 4, 2)], ([a]) => joined(ops.qr(a!, true)), { flat: true, note: "complete" }),
  ...sizes.map((shape) =>
    use(
      ops.eighOp,
      [matrix(...shape)],
      ([a]) => {
        const [values, vectors] = ops.eigh(ops.symmetrized(a!))
        return joined([values, ops.mul(vectors, vectors)])
      },
      { tolerance: 2e-3 },
    ),
  ),
  ...[
    [4, 3],
    [2, 2, 3],
    [3, 3],
    [4, 1],
    [3, 0],
  ].map((shape) =>
    use(ops.svdOp, [matrix(...shape)], ([a]) => invariant(ops.svd(a!, false)), { tolerance: 2e-3 }),
  ),
  use(ops.svdOp, [matrix(5, 2)], ([a]) => invariant(ops.svd(a!, true)), { note: "full", tolerance: 2e-3 }),
  ...[
    [4, 3],
    [2, 2, 3],
  ].map((shape) => {
    const exact = { absolute: 0, relative: 1e-6 }
    return use(ops.pseudoInverseOp, [matrix(...shape)], ([a]) => ops.pseudoInverse(a!, exact), {
      tolerance: 2e-3,
    })
  }),
]

const transforms: Example[] = [
  ...[1, 2, 3, 4, 8, 15, 28, 143].map((n) =>
    use(ops.dftOp, [matrix(2, n, 2)], ([x]) => ops.dft(x!, n % 2 === 0)),
  ),
  ...[17, 46].map((n) =>
    use(ops.dftOp, [matrix(n, 2)], ([x]) => ops.dft(x!, n % 2 === 0), { note: "of a large prime" }),
  ),
]

export const matrixExamples: readonly Example[] = [...systems, ...factorizations, ...transforms]
