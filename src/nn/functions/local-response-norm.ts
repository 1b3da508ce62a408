import { formatShape, NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { add, composed, div, mean, mul, pad, pow, square } from "../../tensor/index.ts"

export interface LocalResponseNormOptions {
  /** Factor of the mean square. Default: 1e-4. */
  readonly alpha?: number
  /** Exponent. Default: 0.75. */
  readonly beta?: number
  /** Summand that keeps the divisor from 0. Default: 1. */
  readonly k?: number
}

/**
 * input/(k + alpha·mean of the squares of `size` neighbouring channels)^beta for [N, C, …] (Krizhevsky et al. 2012,
 * §3.3). The window of channel c runs from c − ⌊size/2⌋ to c + ⌊(size − 1)/2⌋; beyond the edge channels stand zeros,
 * which count.
 *
 * @throws NABLA_SHAPE_MISMATCH for fewer than 3 dimensions
 */
export const localResponseNorm = composed(
  "localResponseNorm",
  (input: Tensor, size: number, options: LocalResponseNormOptions = {}): Tensor => {
    const { alpha = 1e-4, beta = 0.75, k = 1 } = options
    if (input.ndim < 3) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "local response normalisation is for images",
        where: "localResponseNorm",
        expected: "[N, C, …] of 3 or more dimensions",
        got: formatShape(input.shape),
      })
    }
    const spatial = new Array<number>(2 * (input.ndim - 2)).fill(0)
    const margins = [...spatial, Math.floor(size / 2), Math.floor((size - 1) / 2)]
    const windows = pad(square(input), margins).unfold(1, size, 1)
    return div(input, pow(add(mul(mean(windows, -1), alpha), k), beta))
  },
)
