import { formatShape, NablaError, normalizeDim } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { composed, max, unflatten } from "../../tensor/index.ts"

/**
 * The largest of each `pieces` neighbouring features: [*, n·pieces, *] → [*, n, *].
 *
 * @param dim dimension of the features; default: 1
 * @throws NABLA_SHAPE_MISMATCH when the features cannot be split evenly
 */
export const maxout = composed("maxout", (input: Tensor, pieces: number, dim = 1): Tensor => {
  const at = normalizeDim(dim, input.ndim, "maxout")
  const features = input.shape[at]!
  if (!(pieces >= 1) || features % pieces !== 0) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the features cannot be split evenly",
      where: "maxout",
      expected: `a multiple of ${pieces} in dimension ${at}`,
      got: formatShape(input.shape),
    })
  }
  return max(unflatten(input, at, [features / pieces, pieces]), at + 1)[0]
})
