import type { Spatial, Tensor } from "../../../tensor/index.ts"
import {
  maxUnpool1d as maxUnpool1dOf,
  maxUnpool2d as maxUnpool2dOf,
  maxUnpool3d as maxUnpool3dOf,
} from "../../../tensor/index.ts"
import { Configured } from "../configured.ts"

export interface MaxUnpoolLayerOptions {
  /** Default: the window's size. */
  readonly stride?: Spatial
  /** Default: 0. */
  readonly padding?: Spatial
}

export interface UnpoolOptions {
  /** Spatial size of the result; default: the smallest that pooling would have made the input from. */
  readonly outputSize?: readonly number[]
}

type UnpoolArgs = readonly [input: Tensor, indices: Tensor, options?: UnpoolOptions]

const functions = [maxUnpool1dOf, maxUnpool2dOf, maxUnpool3dOf] as const

/** Maxima put back where they were, over n spatial dimensions. */
abstract class MaxUnpool extends Configured<MaxUnpoolLayerOptions, UnpoolArgs> {
  readonly kernelSize: Spatial
  readonly #spatial: number

  constructor(spatial: number, kernelSize: Spatial, options: MaxUnpoolLayerOptions) {
    super(options, ["stride", "padding"])
    this.kernelSize = kernelSize
    this.#spatial = spatial
  }

  override forward(input: Tensor, indices: Tensor, options: UnpoolOptions = {}): Tensor {
    const unpool = functions[this.#spatial - 1]!
    return unpool(input, indices, this.kernelSize, { ...this.options, ...options })
  }
}

/**
 * Puts maxima back where MaxPool1d found them, zeros elsewhere (Zeiler & Fergus 2013, arXiv:1311.2901v3).
 *
 * y[indices[i]] = x[i], otherwise 0
 *
 * Shapes: input and indices [N, C, L] → [N, C, L′], with L′ = (L − 1)·stride − 2·padding + kernel, or outputSize.
 *
 * @param kernelSize length of the window
 * @param options stride (default: the window's size), padding 0; forward takes outputSize
 * @throws NABLA_SHAPE_MISMATCH from forward when input and indices differ in shape
 *
 * @example
 * const [maxima, indices] = nn.maxPool1d(2, { returnIndices: true }).forward(tensor([[[1, 3, 2, 0]]]))
 * nn.maxUnpool1d(2).forward(maxima, indices) // [[[0, 3, 2, 0]]]
 */
export class MaxUnpool1d extends MaxUnpool {
  constructor(kernelSize: Spatial, options: MaxUnpoolLayerOptions = {}) {
    super(1, kernelSize, options)
  }
}

/**
 * Puts maxima back where MaxPool2d found them; see MaxUnpool1d.
 *
 * y[indices[i]] = x[i], otherwise 0
 *
 * Shapes: input and indices [N, C, H, W] → [N, C, H′, W′].
 *
 * @param kernelSize height and width of the window, or both as one number
 * @param options stride (default: the window's size), padding 0; forward takes outputSize
 *
 * @example
 * const [maxima, indices] = nn.maxPool2d(2, { returnIndices: true }).forward(tensor([[[1, 3], [2, 0]]]))
 * nn.maxUnpool2d(2).forward(maxima, indices) // [[[0, 3], [0, 0]]]
 */
export class MaxUnpool2d extends MaxUnpool {
  constructor(kernelSize: Spatial, options: MaxUnpoolLayerOptions = {}) {
    super(2, kernelSize, options)
  }
}

/**
 * Puts maxima back where MaxPool3d found them; see MaxUnpool1d.
 *
 * y[indices[i]] = x[i], otherwise 0
 *
 * Shapes: input and indices [N, C, D, H, W] → [N, C, D′, H′, W′].
 *
 * @param kernelSize depth, height and width of the window, or all as one number
 * @param options stride (default: the window's size), padding 0; forward takes outputSize
 *
 * @example
 * const [maxima, indices] = nn.maxPool3d(2, { returnIndices: true }).forward(randn([1, 2, 4, 4, 4]))
 * nn.maxUnpool3d(2).forward(maxima, indices).shape // [1, 2, 4, 4, 4]
 */
export class MaxUnpool3d extends MaxUnpool {
  constructor(kernelSize: Spatial, options: MaxUnpoolLayerOptions = {}) {
    super(3, kernelSize, options)
  }
}

export const maxUnpool1d = (kernelSize: Spatial, options?: MaxUnpoolLayerOptions): MaxUnpool1d =>
  new MaxUnpool1d(kernelSize, options)
export const maxUnpool2d = (kernelSize: Spatial, options?: MaxUnpoolLayerOptions): MaxUnpool2d =>
  new MaxUnpool2d(kernelSize, options)
export const maxUnpool3d = (kernelSize: Spatial, options?: MaxUnpoolLayerOptions): MaxUnpool3d =>
  new MaxUnpool3d(kernelSize, options)
