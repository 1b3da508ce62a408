import { formatShape, NablaError } from "../../../base/index.ts"
import type { ConvTransposeOptions, Spatial, Tensor } from "../../../tensor/index.ts"
import {
  convTranspose1d as convTranspose1dOf,
  convTranspose2d as convTranspose2dOf,
  convTranspose3d as convTranspose3dOf,
} from "../../../tensor/index.ts"
import type { FilterOptions } from "./convolution.ts"
import { Convolution, entry } from "./convolution.ts"

export interface ConvTransposeLayerOptions extends ConvTransposeOptions, FilterOptions {
  readonly groups?: number
}

export interface OutputSizeOptions {
  /** Spatial size of the result, one of those that the stride leaves open; instead of outputPadding. */
  readonly outputSize?: readonly number[]
}

type TransposeArgs = readonly [input: Tensor, options?: OutputSizeOptions]

const functions = [convTranspose1dOf, convTranspose2dOf, convTranspose3dOf] as const

/** The adjoint of a cross-correlation over n spatial dimensions. */
abstract class ConvTranspose extends Convolution<TransposeArgs> {
  readonly options: ConvTransposeOptions

  constructor(
    spatial: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Spatial,
    options: ConvTransposeLayerOptions,
  ) {
    const geometry = { inChannels, outChannels, kernelSize, spatial, transposed: true }
    super(geometry, options, ["stride", "padding", "outputPadding", "dilation"])
    const { bias: _, dtype: __, ...rest } = options
    this.options = rest
  }

  override forward(input: Tensor, { outputSize }: OutputSizeOptions = {}): Tensor {
    const { weight, bias, options } = this
    const convolve = functions[this.kernelSize.length - 1]!
    if (outputSize === undefined) return convolve(input, weight, bias, options)
    return convolve(input, weight, bias, { ...options, outputPadding: this.#missing(input, outputSize) })
  }

  /** What has to be added to the smallest result to get the size asked for. */
  #missing(input: Tensor, outputSize: readonly number[]): number[] {
    const { stride = 1, padding = 0, dilation = 1 } = this.options
    const n = this.kernelSize.length
    const image = input.shape.slice(-n)
    const least = this.kernelSize.map((kernel, i) => {
      return (
        (image[i]! - 1) * entry(stride, i) - 2 * entry(padding, i) + entry(dilation, i) * (kernel - 1) + 1
      )
    })
    const wanted = outputSize.slice(-n)
    const missing = least.map((size, i) => (wanted[i] ?? Number.NaN) - size)
    if (missing.every((extra, i) => extra >= 0 && extra < entry(stride, i))) return missing
    const most = least.map((size, i) => size + entry(stride, i) - 1)
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "no image of this size would have given the input",
      where: this.constructor.name,
      expected: `sizes from ${formatShape(least)} to ${formatShape(most)}`,
      got: formatShape(outputSize),
    })
  }
}

/**
 * The adjoint of Conv1d: each element of the sequence adds a scaled copy of the filters to the result.
 *
 * Shapes: [N, inChannels, L] (or without N) → [N, outChannels, L′], with
 * L′ = (L − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1.
 *
 * @param kernelSize length of the filters
 * @param options stride 1, padding 0, outputPadding 0, groups 1, bias true, dilation 1, dtype "float32"; forward takes
 *   outputSize instead of outputPadding
 * @throws NABLA_SHAPE_MISMATCH from forward when the sequence has other channels
 *
 * Attributes: `weight` [inChannels, outChannels/groups, kernel] and `bias` [outChannels] (or null), both first drawn
 * from U(±1/√fanIn), with PyTorch's fanIn = outChannels/groups·kernel.
 *
 * @example nn.convTranspose1d(4, 8, 3, { stride: 2 }).forward(randn([16, 4, 10])).shape // [16, 8, 21]
 */
export class ConvTranspose1d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Spatial,
    options: ConvTransposeLayerOptions = {},
  ) {
    super(1, inChannels, outChannels, kernelSize, options)
  }
}

/**
 * The adjoint of Conv2d, which makes images larger.
 *
 * Shapes: [N, inChannels, H, W] (or without N) → [N, outChannels, H′, W′], with
 * H′ = (H − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1.
 *
 * @param kernelSize height and width of the filters, or both as one number
 * @param options stride 1, padding 0, outputPadding 0, groups 1, bias true, dilation 1, dtype "float32"; forward takes
 *   outputSize instead of outputPadding
 * @throws NABLA_SHAPE_MISMATCH from forward when the image has other channels
 *
 * Attributes: `weight` [inChannels, outChannels/groups, …kernel] and `bias` [outChannels] (or null), both first drawn
 * from U(±1/√fanIn), with PyTorch's fanIn = outChannels/groups·∏kernel.
 *
 * @example
 * const up = nn.convTranspose2d(4, 8, 3, { stride: 2, padding: 1 })
 * up.forward(randn([1, 4, 5, 5]), { outputSize: [10, 10] }).shape // [1, 8, 10, 10]
 */
export class ConvTranspose2d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Spatial,
    options: ConvTransposeLayerOptions = {},
  ) {
    super(2, inChannels, outChannels, kernelSize, options)
  }
}

/**
 * The adjoint of Conv3d, which makes volumes larger.
 *
 * Shapes: [N, inChannels, D, H, W] (or without N) → [N, outChannels, D′, H′, W′], with
 * D′ = (D − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1.
 *
 * @param kernelSize depth, height and width of the filters, or all as one number
 * @param options stride 1, padding 0, outputPadding 0, groups 1, bias true, dilation 1, dtype "float32"; forward takes
 *   outputSize instead of outputPadding
 * @throws NABLA_SHAPE_MISMATCH from forward when the volume has other channels
 *
 * Attributes: `weight` [inChannels, outChannels/groups, …kernel] and `bias` [outChannels] (or null), both first drawn
 * from U(±1/√fanIn), with PyTorch's fanIn = outChannels/groups·∏kernel.
 *
 * @example nn.convTranspose3d(2, 1, 2, { stride: 2 }).forward(randn([1, 2, 3, 3, 3])).shape // [1, 1, 6, 6, 6]
 */
export class ConvTranspose3d extends ConvTranspose {
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Spatial,
    options: ConvTransposeLayerOptions = {},
  ) {
    super(3, inChannels, outChannels, kernelSize, options)
  }
}

type TransposeLayerArgs = [
  inChannels: number,
  outChannels: number,
  kernelSize: Spatial,
  options?: ConvTransposeLayerOptions,
]

export const convTranspose1d = (...args: TransposeLayerArgs): ConvTranspose1d => new ConvTranspose1d(...args)
export const convTranspose2d = (...args: TransposeLayerArgs): ConvTranspose2d => new ConvTranspose2d(...args)
export const convTranspose3d = (...args: TransposeLayerArgs): ConvTranspose3d => new ConvTranspose3d(...args)
