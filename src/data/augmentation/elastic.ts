import type { Tensor } from "../../tensor/index.ts"
import { affineGrid, conv2d, gridSample, tensor, uniform } from "../../tensor/index.ts"
import { checkNames, checkRange } from "../check.ts"
import type { SamplingOptions } from "./affine.ts"
import { checkSampling, samplingNames } from "./affine.ts"
import type { Augmentation } from "./augmentation.ts"
import { checkImages, ofInputs } from "./augmentation.ts"

export interface ElasticOptions extends SamplingOptions {
  /** Size of the displacements in pixels, before they are smoothed. Default: 34. */
  readonly alpha?: number
  /** Standard deviation in pixels of the Gaussian that smooths them: large is stiff. Default: 4. */
  readonly sigma?: number
}

/**
 * Bends each image: pixel p comes from p + α·(G_σ ∗ U(−1, 1)²)(p), a smooth random field. Shape: [N, C, H, W], kept.
 *
 * Simard, Steinkraus & Platt, "Best practices for convolutional neural networks applied to visual document analysis"
 * (2003); α = 34, σ = 4 are theirs for MNIST.
 *
 * @throws NABLA_INVALID_ARGUMENT for numbers and options that are none; later NABLA_SHAPE_MISMATCH for what is no image
 *
 * @example const augment = elasticTransform({ alpha: 20, sigma: 4 })
 */
export function elasticTransform(options: ElasticOptions = {}): Augmentation {
  const { alpha = 34, sigma = 4, ...sampling } = options
  checkNames("elasticTransform", options, ["alpha", "sigma", ...samplingNames])
  checkRange("elasticTransform", "alpha", alpha, 0)
  checkRange("elasticTransform", "sigma", sigma, 0.1, 100)
  checkSampling("elasticTransform", options)
  return ofInputs((x, generator) => {
    const [n, , height, width] = checkImages("elasticTransform", x)
    const noise = uniform(-alpha, alpha, [2 * n, 1, height, width], { generator, dtype: x.dtype })
    const field = smooth(noise, sigma).reshape([n, 2, height, width]).permute([0, 2, 3, 1])
    const still = tensor([1, 0, 0, 0, 1, 0], { shape: [1, 2, 3], dtype: x.dtype }).expand([n, 2, 3])
    const perPixel = tensor([2 / width, 2 / height], { dtype: x.dtype })
    return gridSample(x, affineGrid(still, x.shape).add(field.mul(perPixel)), sampling)
  })
}

/** Convolves [N, 1, H, W] with a Gaussian, row by row and column by column; what lies outside is 0. */
function smooth(x: Tensor, sigma: number): Tensor {
  const reach = Math.ceil(3 * sigma)
  const bell = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - reach) / sigma) ** 2),
  )
  const total = bell.reduce((sum, value) => sum + value)
  const weight = tensor(
    bell.map((value) => value / total),
    { dtype: x.dtype },
  )
  const rows = conv2d(x, weight.reshape([1, 1, 1, -1]), null, { padding: [0, reach] })
  return conv2d(rows, weight.reshape([1, 1, -1, 1]), null, { padding: [reach, 0] })
}
