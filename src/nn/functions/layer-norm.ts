import type { Shape } from "../../base/index.ts"
import { formatShape, NablaError, sameShape } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { add, composed, mean, mul, rsqrt, square } from "../../tensor/index.ts"
import { normalizeBy, statisticsOf } from "./statistics.ts"

export interface LayerNormOptions {
  /** γ, of the normalised shape. */
  readonly weight?: Tensor | null
  /** β, of the normalised shape. */
  readonly bias?: Tensor | null
  /** Added to the variance. Default: 1e-5. */
  readonly eps?: number
}

/** The last dimensions, which must have the given sizes. */
function trailingDims(where: string, input: Tensor, normalizedShape: Shape): number[] {
  const first = input.ndim - normalizedShape.length
  if (normalizedShape.length === 0 || first < 0 || !sameShape(input.shape.slice(first), normalizedShape)) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the last dimensions are not those to be normalised",
      where,
      expected: `[*, ${normalizedShape.join(", ")}]`,
      got: formatShape(input.shape),
    })
  }
  return normalizedShape.map((_, i) => first + i)
}

/**
 * (input − mean)/√(variance + eps)·weight + bias, with mean and variance over the last dimensions of each sample
 * (Ba et al. 2016, arXiv:1607.06450v1).
 *
 * @throws NABLA_SHAPE_MISMATCH when the last dimensions are not normalizedShape
 */
export const layerNorm = composed(
  "layerNorm",
  (input: Tensor, normalizedShape: Shape, options: LayerNormOptions = {}): Tensor => {
    const { weight, bias, eps = 1e-5 } = options
    const dims = trailingDims("layerNorm", input, normalizedShape)
    return normalizeBy(input, statisticsOf(input, dims), eps, weight, bias)
  },
)

export interface RmsNormOptions {
  /** γ, of the normalised shape. */
  readonly weight?: Tensor | null
  /** Added to the mean square. Default: the machine epsilon of the input's type. */
  readonly eps?: number | null
}

/**
 * input/√(mean(input²) + eps)·weight over the last dimensions of each sample (Zhang & Sennrich 2019,
 * arXiv:1910.07467v1).
 *
 * @throws NABLA_SHAPE_MISMATCH when the last dimensions are not normalizedShape
 */
export const rmsNorm = composed(
  "rmsNorm",
  (input: Tensor, normalizedShape: Shape, options: RmsNormOptions = {}): Tensor => {
    const { weight, eps } = options
    const dims = trailingDims("rmsNorm", input, normalizedShape)
    const machine = input.dtype === "float64" ? Number.EPSILON : 2 ** -23
    const inverse = rsqrt(add(mean(square(input), dims, { keepdim: true }), eps ?? machine))
    const scaled = mul(input, inverse)
    return weight ? mul(scaled, weight) : scaled
  },
)
