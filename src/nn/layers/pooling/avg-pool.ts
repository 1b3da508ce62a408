import type { AvgPoolOptions, Spatial, Tensor } from "../../../tensor/index.ts"
import {
  avgPool1d as avgPool1dOf,
  avgPool2d as avgPool2dOf,
  avgPool3d as avgPool3dOf,
} from "../../../tensor/index.ts"
import { Configured } from "../configured.ts"

const functions = [avgPool1dOf, avgPool2dOf, avgPool3dOf] as const

/** The mean of each window, over n spatial dimensions. */
abstract class AvgPool extends Configured<AvgPoolOptions> {
  readonly kernelSize: Spatial
  readonly #spatial: number

  constructor(spatial: number, kernelSize: Spatial, options: AvgPoolOptions) {
    super(options, ["stride", "padding", "ceilMode", "countIncludePad", "divisorOverride"])
    this.kernelSize = kernelSize
    this.#spatial = spatial
  }

  override forward(input: Tensor): Tensor {
    return functions[this.#spatial - 1]!(input, this.kernelSize, this.options)
  }
}

/**
 * The mean of each window of a sequence.
 *
 * out[n, c, i] = mean over the window at i·stride of x[n, c]
 *
 * Shapes: [N, C, L] (or without N) → [N, C, L′], sizes as for a convolution without filters.
 *
 * @param kernelSize length of the window
 * @param options stride (default: the window's size), padding 0, ceilMode false, countIncludePad true: padding counts as
 *   elements, divisorOverride: divides by this instead
 * @throws NABLA_SHAPE_MISMATCH from forward when the window is larger than the padded sequence
 *
 * @example nn.avgPool1d(2).forward(tensor([[[1, 3, 2, 0]]])) // [[[2, 1]]]
 */
export class AvgPool1d extends AvgPool {
  constructor(kernelSize: Spatial, options: AvgPoolOptions = {}) {
    super(1, kernelSize, options)
  }
}

/**
 * The mean of each window of an image; see AvgPool1d for the options.
 *
 * out[n, c, i, j] = mean over the window at (i·stride, j·stride) of x[n, c]
 *
 * Shapes: [N, C, H, W] (or without N) → [N, C, H′, W′].
 *
 * @param kernelSize height and width of the window, or both as one number
 * @throws NABLA_SHAPE_MISMATCH from forward when the window is larger than the padded image
 *
 * @example nn.avgPool2d(2).forward(randn([64, 8, 28, 28])).shape // [64, 8, 14, 14]
 */
export class AvgPool2d extends AvgPool {
  constructor(kernelSize: Spatial, options: AvgPoolOptions = {}) {
    super(2, kernelSize, options)
  }
}

/**
 * The mean of each window of a volume; see AvgPool1d for the options.
 *
 * out[n, c, i, j, k] = mean over the window at (i, j, k)·stride of x[n, c]
 *
 * Shapes: [N, C, D, H, W] (or without N) → [N, C, D′, H′, W′].
 *
 * @param kernelSize depth, height and width of the window, or all as one number
 * @throws NABLA_SHAPE_MISMATCH from forward when the window is larger than the padded volume
 *
 * @example nn.avgPool3d(2).forward(randn([1, 2, 4, 4, 4])).shape // [1, 2, 2, 2, 2]
 */
export class AvgPool3d extends AvgPool {
  constructor(kernelSize: Spatial, options: AvgPoolOptions = {}) {
    super(3, kernelSize, options)
  }
}

export const avgPool1d = (kernelSize: Spatial, options?: AvgPoolOptions): AvgPool1d =>
  new AvgPool1d(kernelSize, options)
export const avgPool2d = (kernelSize: Spatial, options?: AvgPoolOptions): AvgPool2d =>
  new AvgPool2d(kernelSize, options)
export const avgPool3d = (kernelSize: Spatial, options?: AvgPoolOptions): AvgPool3d =>
  new AvgPool3d(kernelSize, options)
