import type { DType } from "../../base/index.ts"
import { NablaError } from "../../base/index.ts"
import type { ConvOptions, Spatial, Tensor } from "../../tensor/index.ts"
import { conv2d as conv2dOf, pad, zeros } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import { kaimingUniform_ } from "../init.ts"
import { Module } from "../module.ts"
import { Parameter } from "../parameter.ts"
import { biasLike } from "./bias.ts"

export interface ConvLayerOptions extends ConvOptions {
  /** Whether a bias is added to each channel. Default: true. */
  readonly bias?: boolean
  /** What stands around the image. Default: "zeros". */
  readonly paddingMode?: "zeros" | "reflect" | "replicate" | "circular"
  /** Type of the parameters. Default: float32. */
  readonly dtype?: DType
}

/**
 * Cross-correlation of images with learned filters.
 *
 * out[n, o] = b[o] + Σ_c W[o, c] ⋆ x[n, c]
 *
 * Shapes: [N, inChannels, H, W] (or without N) → [N, outChannels, H′, W′], with
 * H′ = ⌊(H + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1.
 *
 * @param kernelSize height and width of the filters, or both as one number
 * @param options stride 1, padding 0 (or "same", "valid"), dilation 1, groups 1, bias true, paddingMode "zeros"
 * @throws NABLA_SHAPE_MISMATCH from forward when the image has other channels or is smaller than the filters
 *
 * Attributes: `weight` [outChannels, inChannels/groups, …kernel] and `bias` [outChannels] (or null), both first drawn
 * from U(±1/√fanIn), with fanIn = inChannels/groups·∏kernel.
 *
 * @example nn.conv2d(1, 8, 3, { padding: 1 }).forward(randn([64, 1, 28, 28])).shape // [64, 8, 28, 28]
 */
export class Conv2d extends Module {
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: readonly number[]
  readonly options: ConvOptions
  readonly paddingMode: "zeros" | "reflect" | "replicate" | "circular"
  weight: Parameter
  bias: Parameter | null

  constructor(inChannels: number, outChannels: number, kernelSize: Spatial, options: ConvLayerOptions = {}) {
    super()
    const { bias = true, dtype = "float32", paddingMode = "zeros", ...rest } = options
    checkNames("Conv2d", rest, ["stride", "padding", "dilation", "groups"])
    const groups = rest.groups ?? 1
    const kernel = typeof kernelSize === "number" ? [kernelSize, kernelSize] : [...kernelSize]
    checkCount("Conv2d", "inChannels", inChannels)
    checkCount("Conv2d", "outChannels", outChannels)
    checkCount("Conv2d", "groups", groups)
    for (const size of kernel) checkCount("Conv2d", "kernelSize", size)
    checkGroups(inChannels, outChannels, groups)
    this.inChannels = inChannels
    this.outChannels = outChannels
    this.kernelSize = kernel
    this.options = rest
    this.paddingMode = paddingMode
    this.weight = new Parameter(zeros([outChannels, inChannels / groups, ...kernel], { dtype }))
    kaimingUniform_(this.weight, { a: Math.sqrt(5) })
    this.bias = bias ? biasLike(this.weight) : null
  }

  override forward(input: Tensor): Tensor {
    if (this.paddingMode === "zeros") return conv2dOf(input, this.weight, this.bias, this.options)
    const padded = pad(input, this.margins(), { mode: this.paddingMode })
    return conv2dOf(padded, this.weight, this.bias, { ...this.options, padding: 0 })
  }

  /** Elements before and after each spatial dimension, the last dimension first, as pad takes them. */
  private margins(): number[] {
    const { padding = 0, dilation = 1 } = this.options
    const at = (value: Spatial, dim: number): number => (typeof value === "number" ? value : value[dim]!)
    const dims = this.kernelSize.map((_, dim) => dim).reverse()
    if (padding === "valid") return dims.flatMap(() => [0, 0])
    if (padding !== "same") return dims.flatMap((dim) => [at(padding, dim), at(padding, dim)])
    const total = dims.map((dim) => at(dilation, dim) * (this.kernelSize[dim]! - 1))
    return total.flatMap((n) => [Math.floor(n / 2), Math.ceil(n / 2)])
  }
}

function checkGroups(inputs: number, outputs: number, groups: number): void {
  if (inputs % groups === 0 && outputs % groups === 0) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the channels cannot be split evenly into groups",
    where: "Conv2d",
    expected: `inChannels and outChannels divisible by ${groups}`,
    got: `${inputs} and ${outputs}`,
  })
}

export function conv2d(
  inChannels: number,
  outChannels: number,
  kernelSize: Spatial,
  options: ConvLayerOptions = {},
): Conv2d {
  return new Conv2d(inChannels, outChannels, kernelSize, options)
}
