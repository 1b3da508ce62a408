import type { MaxPoolOptions, Spatial, Tensor } from "../../tensor/index.ts"
import { maxPool2d as maxPool2dOf } from "../../tensor/index.ts"
import { checkNames } from "../check.ts"
import { Module } from "../module.ts"

export type MaxPoolLayerOptions = Omit<MaxPoolOptions, "returnIndices">

/**
 * The largest value in each window of an image.
 *
 * out[n, c, i, j] = max over the window at (i·stride, j·stride) of x[n, c]
 *
 * Shapes: [N, C, H, W] (or without N) → [N, C, H′, W′], sizes as for a convolution without filters.
 *
 * @param kernelSize height and width of the window, or both as one number
 * @param options stride (default: the window's size), padding 0 (never wins), dilation 1, ceilMode false
 * @throws NABLA_SHAPE_MISMATCH from forward when the window is larger than the padded image
 *
 * The derivative goes to the first of equal largest values.
 *
 * @example nn.maxPool2d(2).forward(randn([64, 8, 28, 28])).shape // [64, 8, 14, 14]
 */
export class MaxPool2d extends Module {
  readonly kernelSize: Spatial
  readonly options: MaxPoolLayerOptions

  constructor(kernelSize: Spatial, options: MaxPoolLayerOptions = {}) {
    super()
    checkNames("MaxPool2d", options, ["stride", "padding", "dilation", "ceilMode"])
    this.kernelSize = kernelSize
    this.options = options
  }

  override forward(input: Tensor): Tensor {
    return maxPool2dOf(input, this.kernelSize, this.options)
  }
}

export function maxPool2d(kernelSize: Spatial, options: MaxPoolLayerOptions = {}): MaxPool2d {
  return new MaxPool2d(kernelSize, options)
}
