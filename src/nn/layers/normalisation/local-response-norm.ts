import type { Tensor } from "../../../tensor/index.ts"
import { checkCount } from "../../check.ts"
import type { LocalResponseNormOptions } from "../../functional.ts"
import { localResponseNorm as localResponseNormOf } from "../../functional.ts"
import { Configured } from "../configured.ts"

/**
 * Competition between neighbouring channels at each place, as in AlexNet (Krizhevsky et al. 2012, §3.3).
 *
 * y[c] = x[c]/(k + alpha/size·Σ x[c′]²)^beta, over the `size` channels c′ around c
 *
 * Shapes: [N, C, *] of 3 or more dimensions → the same.
 *
 * The paper's α is alpha/size: its α = 10⁻⁴, n = 5, k = 2 is size 5, alpha 5·10⁻⁴, k 2 here.
 *
 * @param size how many channels compete
 * @param options alpha 1e-4, beta 0.75, k 1
 * @throws NABLA_SHAPE_MISMATCH from forward for fewer than 3 dimensions
 *
 * @example nn.localResponseNorm(1, { alpha: 3, beta: 0.5 }).forward(ones([1, 2, 2])) // [[[0.5, 0.5], [0.5, 0.5]]]
 */
export class LocalResponseNorm extends Configured<LocalResponseNormOptions> {
  readonly size: number

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super(options, ["alpha", "beta", "k"])
    checkCount("LocalResponseNorm", "size", size)
    this.size = size
  }

  override forward(input: Tensor): Tensor {
    return localResponseNormOf(input, this.size, this.options)
  }
}

export const localResponseNorm = (size: number, options?: LocalResponseNormOptions): LocalResponseNorm =>
  new LocalResponseNorm(size, options)
