import { checkNames, checkPositive, checkThat, checkWhole } from "./check.ts"
import type { Control } from "./control.ts"
import { Pace } from "./control.ts"
import { Lanczos } from "./lanczos.ts"
import type { SymmetricOperator } from "./operator.ts"
import type { Vector } from "./vector.ts"

export type Which = "largest" | "smallest" | "magnitude"

export interface TopEigenvaluesOptions extends Control {
  /** The largest ones, the smallest ones (the most negative), or those of largest absolute value. Default: "largest". */
  readonly which?: Which
  /** Bound of an eigenvalue's error, relative to it, that counts as converged. Default: 1e-4. */
  readonly tolerance?: number
  /** Most products with the matrix. Default: 300, or the size of the matrix if that is less. */
  readonly maxProducts?: number
  /** Whether the eigenvectors are wanted too. Default: false. */
  readonly vectors?: boolean
  /** Direction to begin with, such as an eigenvector of a similar matrix. Default: random, by seed. */
  readonly start?: Vector
  readonly seed?: number
  /** What an earlier call for the same matrix returned, to go on from there. */
  readonly resume?: TopEigenvalues
}

export interface TopEigenvalues {
  /** In the order asked for. */
  readonly values: readonly number[]
  /** For each value, a bound of the distance to the nearest true eigenvalue. */
  readonly bounds: readonly number[]
  /** Whether each bound is within the tolerance; a value that is not converged is an estimate from inside the spectrum. */
  readonly converged: boolean
  readonly products: number
  readonly interrupted: boolean
  /** Unit eigenvectors, when asked for. */
  readonly vectors?: readonly Vector[]
  /** What is needed to go on. */
  readonly iteration: Lanczos
}

/** Matrices up to this size are gone through to the end, which also finds eigenvalues that occur several times. */
const WHOLE = 64
/** Steps between two looks at the eigenvalues. */
const EVERY = 4

const orders: Record<Which, (a: number, b: number) => number> = {
  largest: (a, b) => b - a,
  smallest: (a, b) => a - b,
  magnitude: (a, b) => Math.abs(b) - Math.abs(a),
}

/**
 * The k outermost eigenvalues by Lanczos with full reorthogonalisation, each with a bound of its error: it stops when all
 * bounds are small, and says so when they never are. m products cost m·n numbers of memory and 4·m²·n multiplications
 * beside the products themselves. Of an eigenvalue that occurs several times one copy is found, unless n ≤ 64.
 *
 * @throws NABLA_INVALID_ARGUMENT for k < 1, more eigenvalues than there are, or options out of range
 *
 * @example
 * const objective = objectiveOf(model, [x, labels])
 * const { values, bounds, converged } = await topEigenvalues(hessianOf(objective), 5)
 */
export async function topEigenvalues(
  operator: SymmetricOperator,
  k: number,
  options: TopEigenvaluesOptions = {},
): Promise<TopEigenvalues> {
  const { which = "largest", tolerance = 1e-4, vectors = false, resume, start, seed } = options
  const { maxProducts = 300 } = options
  check(operator, k, options)
  const pace = new Pace(options)
  const iteration = resume?.iteration ?? new Lanczos(operator, { ...(start && { start }), seed: seed ?? 0 })
  const most = Math.min(maxProducts + (resume === undefined ? 0 : iteration.steps), operator.size)
  const look = (): TopEigenvalues => select(iteration, k, { which, tolerance, vectors: false })
  const enough = (): boolean => {
    if (iteration.steps < k || iteration.exhausted) return iteration.exhausted
    if (operator.size <= WHOLE) return false
    return iteration.steps % EVERY === 0 && look().converged
  }
  let interrupted = false
  while (iteration.steps < most && !enough()) {
    interrupted = pace.interrupted
    if (interrupted) break
    await iteration.step()
    await pace.tell(iteration.steps, most)
  }
  return { ...select(iteration, k, { which, tolerance, vectors }), interrupted }
}

function select(
  iteration: Lanczos,
  k: number,
  { which, tolerance, vectors }: { which: Which; tolerance: number; vectors: boolean },
): TopEigenvalues {
  const ritz = iteration.ritz()
  const order = Array.from(ritz.values.keys()).sort((i, j) => orders[which](ritz.values[i]!, ritz.values[j]!))
  const chosen = order.slice(0, k)
  const values = chosen.map((i) => ritz.values[i]!)
  const bounds = chosen.map((i) => ritz.residuals[i]!)
  const largest = ritz.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  // An eigenvalue next to 0 has no relative error to speak of.
  const within = bounds.every(
    (bound, i) => bound <= tolerance * Math.max(Math.abs(values[i]!), 1e-3 * largest),
  )
  return {
    values,
    bounds,
    converged: values.length === k && within,
    products: iteration.steps,
    interrupted: false,
    iteration,
    ...(vectors && { vectors: chosen.map((i) => iteration.combine(ritz.vectors[i]!)) }),
  }
}

function check(operator: SymmetricOperator, k: number, options: TopEigenvaluesOptions): void {
  const where = "topEigenvalues"
  const known = [
    "which",
    "tolerance",
    "maxProducts",
    "vectors",
    "start",
    "seed",
    "resume",
    "signal",
    "onProgress",
  ]
  checkNames(where, options, known)
  const { which = "largest", tolerance = 1, maxProducts = 1 } = options
  checkThat(
    where,
    "k",
    k,
    `a whole number from 1 to ${operator.size}`,
    k >= 1 && k <= operator.size && k % 1 === 0,
  )
  checkThat(where, "which", which, Object.keys(orders).join(", "), Object.hasOwn(orders, which))
  checkPositive(where, "tolerance", tolerance)
  checkWhole(where, "maxProducts", maxProducts, 1)
}
