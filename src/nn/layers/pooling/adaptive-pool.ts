import type { AdaptiveMaxPoolOptions, OutputSize, Pooled, Tensor } from "../../../tensor/index.ts"
import {
  adaptiveAvgPool1d as adaptiveAvgPool1dOf,
  adaptiveAvgPool2d as adaptiveAvgPool2dOf,
  adaptiveAvgPool3d as adaptiveAvgPool3dOf,
  adaptiveMaxPool1d as adaptiveMaxPool1dOf,
  adaptiveMaxPool2d as adaptiveMaxPool2dOf,
  adaptiveMaxPool3d as adaptiveMaxPool3dOf,
} from "../../../tensor/index.ts"
import { Module } from "../../module.ts"
import { Configured } from "../configured.ts"

const means = [adaptiveAvgPool1dOf, adaptiveAvgPool2dOf, adaptiveAvgPool3dOf] as const
const maxima = [adaptiveMaxPool1dOf, adaptiveMaxPool2dOf, adaptiveMaxPool3dOf] as const

/** The mean of windows that divide an image evenly, over n spatial dimensions. */
abstract class AdaptiveAvgPool extends Module {
  readonly outputSize: OutputSize
  readonly #spatial: number

  constructor(spatial: number, outputSize: OutputSize) {
    super()
    this.outputSize = outputSize
    this.#spatial = spatial
  }

  override forward(input: Tensor): Tensor {
    return means[this.#spatial - 1]!(input, this.outputSize)
  }
}

/** The largest value of windows that divide an image evenly, over n spatial dimensions. */
abstract class AdaptiveMaxPool<O extends AdaptiveMaxPoolOptions> extends Configured<
  O,
  readonly [Tensor],
  Pooled<O>
> {
  readonly outputSize: OutputSize
  readonly #spatial: number

  constructor(spatial: number, outputSize: OutputSize, options: O) {
    super(options, ["returnIndices"])
    this.outputSize = outputSize
    this.#spatial = spatial
  }

  override forward(input: Tensor): Pooled<O> {
    return maxima[this.#spatial - 1]!(input, this.outputSize, this.options)
  }
}

/**
 * Means over a given number of windows, whatever the length of the sequence.
 *
 * out[i] = mean of x from ⌊i·L/outputSize⌋ up to ⌈(i + 1)·L/outputSize⌉
 *
 * Shapes: [N, C, L] (or without N) → [N, C, outputSize].
 *
 * @param outputSize number of windows; null: as many as there are places
 *
 * @example nn.adaptiveAvgPool1d(2).forward(tensor([[[1, 2, 4]]])) // [[[1.5, 3]]]
 */
export class AdaptiveAvgPool1d extends AdaptiveAvgPool {
  constructor(outputSize: OutputSize) {
    super(1, outputSize)
  }
}

/**
 * Means over a given number of windows, whatever the size of the image: with 1 the mean of each channel (Lin et al.
 * 2013, arXiv:1312.4400v3).
 *
 * out[i, j] = mean of x over window i of the rows and j of the columns, as in AdaptiveAvgPool1d
 *
 * Shapes: [N, C, H, W] (or without N) → [N, C, …outputSize].
 *
 * @param outputSize height and width, or both as one number; null: as in the input
 *
 * @example nn.adaptiveAvgPool2d(1).forward(randn([64, 8, 7, 7])).shape // [64, 8, 1, 1]
 */
export class AdaptiveAvgPool2d extends AdaptiveAvgPool {
  constructor(outputSize: OutputSize) {
    super(2, outputSize)
  }
}

/**
 * Means over a given number of windows, whatever the size of the volume; see AdaptiveAvgPool2d.
 *
 * Shapes: [N, C, D, H, W] (or without N) → [N, C, …outputSize].
 *
 * @param outputSize depth, height and width, or all as one number; null: as in the input
 *
 * @example nn.adaptiveAvgPool3d([1, 2, 2]).forward(randn([1, 2, 5, 5, 5])).shape // [1, 2, 1, 2, 2]
 */
export class AdaptiveAvgPool3d extends AdaptiveAvgPool {
  constructor(outputSize: OutputSize) {
    super(3, outputSize)
  }
}

/**
 * The largest values of a given number of windows, whatever the length of the sequence.
 *
 * out[i] = max of x from ⌊i·L/outputSize⌋ up to ⌈(i + 1)·L/outputSize⌉
 *
 * Shapes: [N, C, L] (or without N) → [N, C, outputSize].
 *
 * @param outputSize number of windows; null: as many as there are places
 * @param options returnIndices false: otherwise forward gives [maxima, indices]
 *
 * @example nn.adaptiveMaxPool1d(2).forward(tensor([[[1, 2, 4]]])) // [[[2, 4]]]
 */
export class AdaptiveMaxPool1d<O extends AdaptiveMaxPoolOptions = object> extends AdaptiveMaxPool<O> {
  constructor(outputSize: OutputSize, options: O = {} as O) {
    super(1, outputSize, options)
  }
}

/**
 * The largest values of a given number of windows, whatever the size of the image; see AdaptiveMaxPool1d.
 *
 * Shapes: [N, C, H, W] (or without N) → [N, C, …outputSize].
 *
 * @param outputSize height and width, or both as one number; null: as in the input
 * @param options returnIndices false: otherwise forward gives [maxima, indices]
 *
 * @example nn.adaptiveMaxPool2d([5, null]).forward(randn([64, 8, 7, 7])).shape // [64, 8, 5, 7]
 */
export class AdaptiveMaxPool2d<O extends AdaptiveMaxPoolOptions = object> extends AdaptiveMaxPool<O> {
  constructor(outputSize: OutputSize, options: O = {} as O) {
    super(2, outputSize, options)
  }
}

/**
 * The largest values of a given number of windows, whatever the size of the volume; see AdaptiveMaxPool1d.
 *
 * Shapes: [N, C, D, H, W] (or without N) → [N, C, …outputSize].
 *
 * @param outputSize depth, height and width, or all as one number; null: as in the input
 * @param options returnIndices false: otherwise forward gives [maxima, indices]
 *
 * @example nn.adaptiveMaxPool3d(2).forward(randn([1, 2, 5, 5, 5])).shape // [1, 2, 2, 2, 2]
 */
export class AdaptiveMaxPool3d<O extends AdaptiveMaxPoolOptions = object> extends AdaptiveMaxPool<O> {
  constructor(outputSize: OutputSize, options: O = {} as O) {
    super(3, outputSize, options)
  }
}

export const adaptiveAvgPool1d = (outputSize: OutputSize): AdaptiveAvgPool1d =>
  new AdaptiveAvgPool1d(outputSize)
export const adaptiveAvgPool2d = (outputSize: OutputSize): AdaptiveAvgPool2d =>
  new AdaptiveAvgPool2d(outputSize)
export const adaptiveAvgPool3d = (outputSize: OutputSize): AdaptiveAvgPool3d =>
  new AdaptiveAvgPool3d(outputSize)
export const adaptiveMaxPool1d = <const O extends AdaptiveMaxPoolOptions = object>(
  outputSize: OutputSize,
  options?: O,
): AdaptiveMaxPool1d<O> => new AdaptiveMaxPool1d(outputSize, options)
export const adaptiveMaxPool2d = <const O extends AdaptiveMaxPoolOptions = object>(
  outputSize: OutputSize,
  options?: O,
): AdaptiveMaxPool2d<O> => new AdaptiveMaxPool2d(outputSize, options)
export const adaptiveMaxPool3d = <const O extends AdaptiveMaxPoolOptions = object>(
  outputSize: OutputSize,
  options?: O,
): AdaptiveMaxPool3d<O> => new AdaptiveMaxPool3d(outputSize, options)
