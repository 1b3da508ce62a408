import { NablaError, normalizeDim } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

/**
 * Windows of a dimension: positions 0, step, 2·step … in its place, the `size` elements of each window as a new last
 * dimension. (The image-to-columns function of that name is nn.functional.unfold.)
 */
export const unfold = composed(
  "unfold",
  (input: Tensor, dimension: number, size: number, step: number): Tensor => {
    const at = normalizeDim(dimension, input.ndim, "unfold")
    const whole = Number.isInteger(size) && Number.isInteger(step) && step > 0 && size >= 0
    if (!whole || size > (input.shape[at] ?? 1)) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the windows do not fit the dimension",
        where: "unfold",
        expected: `0 ≤ size ≤ ${input.shape[at] ?? 1} and step > 0`,
        got: `size ${size}, step ${step}`,
      })
    }
    const node = input.ndim === 0 ? ops.reshape(nodeOf(input), [1]) : nodeOf(input)
    const view = ops.windows(node, { dims: [at], size: [size], stride: [step], dilation: [1] })
    return wrap(input.ndim === 0 ? ops.reshape(view, [size]) : view)
  },
)
