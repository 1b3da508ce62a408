import { NablaError } from "../../../base/index.ts"
import type { ConvOptions, Spatial, Tensor } from "../../../tensor/index.ts"
import { conv1d as conv1dOf, conv2d as conv2dOf, conv3d as conv3dOf, pad } from "../../../tensor/index.ts"
import type { FilterOptions } from "./convolution.ts"
import { Convolution, entry } from "./convolution.ts"

export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular"

export interface ConvLayerOptions extends ConvOptions, FilterOptions {
  readonly groups?: number
  /** What stands around the image. Default: "zeros". */
  readonly paddingMode?: PaddingMode
}

const functions = [conv1dOf, conv2dOf, conv3dOf] as const
const modes: readonly string[] = ["zeros", "reflect", "replicate", "circular"]

/** Cross-correlation over n spatial dimensions. */
abstract class Conv extends Convolution {
  readonly options: ConvOptions
  readonly paddingMode: PaddingMode

  constructor(
    spatial: number,
    inChannels: number,
    outChannels: number,
    kernelSize: Spatial,
    options: ConvLayerOptions,
  ) {
    const geometry = { inChannels, outChannels, kernelSize, spatial, transposed: false }
    super(geometry, options, ["stride", "padding", "dilation", "paddingMode"])
    const { bias: _, dtype: __, paddingMode = "zeros", ...rest } = options
    checkPadding(new.target.name, paddingMode, rest)
    this.options = rest
    this.paddingMode = paddingMode
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, options, paddingMode } = this
    const convolve = functions[this.kernelSize.length - 1]!
    if (paddingMode === "zeros") return convolve(input, weight, bias, options)
    const padded = pad(input, this.#margins(), { mode: paddingMode })
    return convolve(padded, weight, bias, { ...options, padding: 0 })
  }

  /** Elements before and after each spatial dimension, the last dimension first, as pad takes them. */
  #margins(): number[] {
    const { padding = 0, dilation = 1 } = this.options
    const dims = this.kernelSize.map((_, dim) => dim).reverse()
    if (padding === "valid") return dims.flatMap(() => [0, 0])
    if (padding !== "same") return dims.flatMap((dim) => [entry(padding, dim), entry(padding, dim)])
    const total = dims.map((dim) => entry(dilation, dim) * (this.kernelSize[dim]! - 1))
    return total.flatMap((n) => [Math.floor(n / 2), Math.ceil(n / 2)])
  }
}

function checkPadding(where: string, mode: PaddingMode, { padding, stride = 1 }: ConvOptions): void {
  if (!modes.includes(mode)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "there is no such paddingMode",
      where,
      expected: modes.join(" | "),
      got: String(mode),
    })
  }
  const strides = typeof stride === "number" ? [stride] : stride
  if (padding !== "same" || strides.every((step) => step === 1)) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: 'padding "same" keeps the size of the image, which a stride does not',
    where,
    expected: "stride 1",
    got: strides.join(" × "),
  })
}

/**
 * Cross-correlation of sequences with learned filters.
 *
 * out[n, o] = b[o] + Σ_c W[o, c] ⋆ x[n, c]
 *
 * Shapes: [N, inChannels, L] (or without N) → [N, outChannels, L′], with
 * L′ = ⌊(L + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1.
 *
 * @param kernelSize length of the filters
 * @param options stride 1, padding 0 (or "same", "valid"), dilation 1, groups 1, bias true, paddingMode "zeros" (or
 *   "reflect", "replicate", "circular"), dtype "float32"
 * @throws NABLA_SHAPE_MISMATCH from forward when the sequence has other channels or is shorter than the filters
 *
 * Attributes: `weight` [outChannels, inChannels/groups, kernel] and `bias` [outChannels] (or null), both first drawn
 * from U(±1/√fanIn), with fanIn = inChannels/groups·kernel.
 *
 * @example nn.conv1d(4, 8, 3, { padding: "same" }).forward(randn([16, 4, 20])).shape // [16, 8, 20]
 */
export class Conv1d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: Spatial, options: ConvLayerOptions = {}) {
    super(1, inChannels, outChannels, kernelSize, options)
  }
}

/**
 * Cross-correlation of images with learned filters.
 *
 * out[n, o] = b[o] + Σ_c W[o, c] ⋆ x[n, c]
 *
 * Shapes: [N, inChannels, H, W] (or without N) → [N, outChannels, H′, W′], with
 * H′ = ⌊(H + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1.
 *
 * As many groups as channels make a depthwise convolution; see also separableConv2d.
 *
 * @param kernelSize height and width of the filters, or both as one number
 * @param options stride 1, padding 0 (or "same", "valid"), dilation 1, groups 1, bias true, paddingMode "zeros" (or
 *   "reflect", "replicate", "circular"), dtype "float32"
 * @throws NABLA_SHAPE_MISMATCH from forward when the image has other channels or is smaller than the filters
 *
 * Attributes: `weight` [outChannels, inChannels/groups, …kernel] and `bias` [outChannels] (or null), both first drawn
 * from U(±1/√fanIn), with fanIn = inChannels/groups·∏kernel.
 *
 * @example nn.conv2d(1, 8, 3, { padding: 1 }).forward(randn([64, 1, 28, 28])).shape // [64, 8, 28, 28]
 */
export class Conv2d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: Spatial, options: ConvLayerOptions = {}) {
    super(2, inChannels, outChannels, kernelSize, options)
  }
}

/**
 * Cross-correlation of volumes with learned filters.
 *
 * out[n, o] = b[o] + Σ_c W[o, c] ⋆ x[n, c]
 *
 * Shapes: [N, inChannels, D, H, W] (or without N) → [N, outChannels, D′, H′, W′], with
 * D′ = ⌊(D + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1.
 *
 * @param kernelSize depth, height and width of the filters, or all as one number
 * @param options stride 1, padding 0 (or "same", "valid"), dilation 1, groups 1, bias true, paddingMode "zeros" (or
 *   "reflect", "replicate", "circular"), dtype "float32"
 * @throws NABLA_SHAPE_MISMATCH from forward when the volume has other channels or is smaller than the filters
 *
 * Attributes: `weight` [outChannels, inChannels/groups, …kernel] and `bias` [outChannels] (or null), both first drawn
 * from U(±1/√fanIn), with fanIn = inChannels/groups·∏kernel.
 *
 * @example nn.conv3d(1, 2, 3, { stride: 2 }).forward(randn([4, 1, 9, 9, 9])).shape // [4, 2, 4, 4, 4]
 */
export class Conv3d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: Spatial, options: ConvLayerOptions = {}) {
    super(3, inChannels, outChannels, kernelSize, options)
  }
}

type ConvArgs = [inChannels: number, outChannels: number, kernelSize: Spatial, options?: ConvLayerOptions]

export const conv1d = (...args: ConvArgs): Conv1d => new Conv1d(...args)
export const conv2d = (...args: ConvArgs): Conv2d => new Conv2d(...args)
export const conv3d = (...args: ConvArgs): Conv3d => new Conv3d(...args)
