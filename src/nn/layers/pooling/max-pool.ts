import type { MaxPoolOptions, Pooled, Spatial, Tensor } from "../../../tensor/index.ts"
import {
  maxPool1d as maxPool1dOf,
  maxPool2d as maxPool2dOf,
  maxPool3d as maxPool3dOf,
} from "../../../tensor/index.ts"
import { Configured } from "../configured.ts"

const functions = [maxPool1dOf, maxPool2dOf, maxPool3dOf] as const

/** The largest value in each window, over n spatial dimensions. */
abstract class MaxPool<O extends MaxPoolOptions> extends Configured<O, readonly [Tensor], Pooled<O>> {
  readonly kernelSize: Spatial
  readonly #spatial: number

  constructor(spatial: number, kernelSize: Spatial, options: O) {
    super(options, ["stride", "padding", "dilation", "ceilMode", "returnIndices"])
    this.kernelSize = kernelSize
    this.#spatial = spatial
  }

  override forward(input: Tensor): Pooled<O> {
    return functions[this.#spatial - 1]!(input, this.kernelSize, this.options)
  }
}

/**
 * The largest value in each window of a sequence.
 *
 * out[n, c, i] = max over the window at i·stride of x[n, c]
 *
 * Shapes: [N, C, L] (or without N) → [N, C, L′], sizes as for a convolution without filters.
 *
 * @param kernelSize length of the window
 * @param options stride (default: the window's size), padding 0 (never wins), dilation 1, ceilMode false, returnIndices
 *   false: otherwise forward gives [maxima, indices], as maxUnpool1d takes them
 * @throws NABLA_SHAPE_MISMATCH from forward when the window is larger than the padded sequence
 *
 * The derivative goes to the first of equal largest values.
 *
 * @example nn.maxPool1d(2).forward(tensor([[[1, 3, 2, 0]]])) // [[[3, 2]]]
 */
export class MaxPool1d<O extends MaxPoolOptions = object> extends MaxPool<O> {
  constructor(kernelSize: Spatial, options: O = {} as O) {
    super(1, kernelSize, options)
  }
}

/**
 * The largest value in each window of an image.
 *
 * out[n, c, i, j] = max over the window at (i·stride, j·stride) of x[n, c]
 *
 * Shapes: [N, C, H, W] (or without N) → [N, C, H′, W′], sizes as for a convolution without filters.
 *
 * @param kernelSize height and width of the window, or both as one number
 * @param options stride (default: the window's size; smaller ones overlap, as in AlexNet), padding 0 (never wins),
 *   dilation 1, ceilMode false, returnIndices false: otherwise forward gives [maxima, indices], as maxUnpool2d takes them
 * @throws NABLA_SHAPE_MISMATCH from forward when the window is larger than the padded image
 *
 * The derivative goes to the first of equal largest values.
 *
 * @example nn.maxPool2d(2).forward(randn([64, 8, 28, 28])).shape // [64, 8, 14, 14]
 */
export class MaxPool2d<O extends MaxPoolOptions = object> extends MaxPool<O> {
  constructor(kernelSize: Spatial, options: O = {} as O) {
    super(2, kernelSize, options)
  }
}

/**
 * The largest value in each window of a volume; see MaxPool2d.
 *
 * out[n, c, i, j, k] = max over the window at (i, j, k)·stride of x[n, c]
 *
 * Shapes: [N, C, D, H, W] (or without N) → [N, C, D′, H′, W′].
 *
 * @param kernelSize depth, height and width of the window, or all as one number
 * @param options as for MaxPool2d
 * @throws NABLA_SHAPE_MISMATCH from forward when the window is larger than the padded volume
 *
 * @example nn.maxPool3d(2).forward(randn([1, 2, 4, 4, 4])).shape // [1, 2, 2, 2, 2]
 */
export class MaxPool3d<O extends MaxPoolOptions = object> extends MaxPool<O> {
  constructor(kernelSize: Spatial, options: O = {} as O) {
    super(3, kernelSize, options)
  }
}

export const maxPool1d = <const O extends MaxPoolOptions = object>(
  kernelSize: Spatial,
  options?: O,
): MaxPool1d<O> => new MaxPool1d(kernelSize, options)
export const maxPool2d = <const O extends MaxPoolOptions = object>(
  kernelSize: Spatial,
  options?: O,
): MaxPool2d<O> => new MaxPool2d(kernelSize, options)
export const maxPool3d = <const O extends MaxPoolOptions = object>(
  kernelSize: Spatial,
  options?: O,
): MaxPool3d<O> => new MaxPool3d(kernelSize, options)
