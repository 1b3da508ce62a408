import { Random } from "../../base/index.ts"
import { checkNames, checkWhole } from "./check.ts"
import type { Control } from "./control.ts"
import { Pace } from "./control.ts"
import type { SymmetricOperator } from "./operator.ts"
import type { Vector } from "./vector.ts"
import { randomSigns } from "./vector.ts"

export interface DiagonalOptions extends Control {
  /** Products with the matrix. Default: 64. */
  readonly products?: number
  readonly seed?: number
}

export interface DiagonalEstimate {
  readonly values: Vector
  /** Of each entry; its square is (Σ_{j≠i} A_ij²) / products in expectation. */
  readonly standardErrors: Vector
  readonly products: number
  readonly interrupted: boolean
}

const BLOCK = 16

/**
 * The diagonal from products alone: the mean of v ⊙ A·v, entries of v are ±1 (Bekas, Kokiopoulou & Saad 2007, An estimator
 * for the diagonal of a matrix).
 *
 * @throws NABLA_INVALID_ARGUMENT for fewer than 2 products
 */
export async function estimateDiagonal(
  operator: SymmetricOperator,
  options: DiagonalOptions = {},
): Promise<DiagonalEstimate> {
  const { products = 64, seed = 0 } = options
  checkNames("estimateDiagonal", options, ["products", "seed", "signal", "onProgress"])
  checkWhole("estimateDiagonal", "products", products, 2)
  const pace = new Pace(options)
  const random = new Random(seed)
  const { size } = operator
  const [mean, squares] = [new Float64Array(size), new Float64Array(size)]
  let done = 0
  while (done < products && !pace.interrupted) {
    const count = Math.min(BLOCK, products - done)
    const signs = Array.from({ length: count }, () => randomSigns(size, random))
    const images = await operator.products(signs)
    images.forEach((image, s) => {
      done++
      // Running means and squares (Welford), so that nothing cancels.
      for (let i = 0; i < size; i++) {
        const sample = image[i]! * signs[s]![i]!
        const change = sample - mean[i]!
        mean[i] = mean[i]! + change / done
        squares[i] = squares[i]! + change * (sample - mean[i]!)
      }
    })
    await pace.tell(done, products)
  }
  const standardErrors = squares.map((sum) => (done < 2 ? Infinity : Math.sqrt(sum / (done - 1) / done)))
  return { values: mean, standardErrors, products: done, interrupted: pace.interrupted }
}
