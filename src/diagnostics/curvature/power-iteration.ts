import { Random } from "../../base/index.ts"
import { checkNames, checkPositive, checkThat, checkWhole } from "./check.ts"
import type { Control } from "./control.ts"
import { Pace } from "./control.ts"
import type { SymmetricOperator } from "./operator.ts"
import type { Vector } from "./vector.ts"
import { addTo, dot, length, makeOrthogonal, randomUnit, scaled } from "./vector.ts"

export interface PowerIterationOptions extends Control {
  /** Residual |A·v − θ·v| / |θ| that counts as converged. Default: 1e-4. */
  readonly tolerance?: number
  /** Most products for each eigenvalue. Default: 2000. */
  readonly maxProducts?: number
  readonly seed?: number
}

export interface PowerIteration {
  /** Of largest absolute value first. */
  readonly values: readonly number[]
  /** |A·v − θ·v| of each: some eigenvalue is that near. */
  readonly bounds: readonly number[]
  /** Whether each value reached the tolerance. Others are Rayleigh quotients of unfinished directions. */
  readonly converged: readonly boolean[]
  readonly products: number
  readonly vectors: readonly Vector[]
  readonly interrupted: boolean
}

/**
 * The k eigenvalues of largest absolute value by power iteration with deflation, v ← A·v/|A·v|.
 *
 * It stops on the residual, never on how little the estimate moves: with a gap of 1 % between two eigenvalues each product
 * takes only 1 % off the error, so that the estimate hardly moves long before it is right. It needs about
 * ln(1/tolerance)/gap products, where Lanczos needs the square root of that; what it takes is two vectors of memory.
 *
 * @throws NABLA_INVALID_ARGUMENT for k < 1, more eigenvalues than there are, or options out of range
 */
export async function powerIteration(
  operator: SymmetricOperator,
  k = 1,
  options: PowerIterationOptions = {},
): Promise<PowerIteration> {
  const { tolerance = 1e-4, maxProducts = 2000, seed = 0 } = options
  const where = "powerIteration"
  checkNames(where, options, ["tolerance", "maxProducts", "seed", "signal", "onProgress"])
  checkThat(
    where,
    "k",
    k,
    `a whole number from 1 to ${operator.size}`,
    k >= 1 && k <= operator.size && k % 1 === 0,
  )
  checkPositive(where, "tolerance", tolerance)
  checkWhole(where, "maxProducts", maxProducts, 1)
  const pace = new Pace(options)
  const random = new Random(seed)
  const found = { values: [] as number[], bounds: [] as number[], converged: [] as boolean[] }
  const vectors: Vector[] = []
  let products = 0
  while (vectors.length < k && !pace.interrupted) {
    let v = randomUnit(operator.size, random, vectors)
    let [value, bound, done] = [0, Infinity, false]
    for (let i = 0; i < maxProducts && !done && !pace.interrupted; i++) {
      const image = await operator.product(v)
      products++
      makeOrthogonal(image, vectors)
      value = dot(v, image)
      const residual = image.slice()
      addTo(residual, -value, v)
      bound = length(residual)
      const size = length(image)
      done = bound <= tolerance * Math.abs(value) || size === 0
      if (!done) v = scaled(image, 1 / size)
      await pace.tell(products, k * maxProducts)
    }
    found.values.push(value)
    found.bounds.push(bound)
    found.converged.push(done)
    vectors.push(v)
  }
  return { ...found, products, vectors, interrupted: pace.interrupted }
}
