import type { DType, Shape } from "../../../base/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import { ones, zeros } from "../../../tensor/index.ts"
import { checkCount, checkNames } from "../../check.ts"
import { layerNorm as layerNormOf, rmsNorm as rmsNormOf } from "../../functional.ts"
import { Module } from "../../module.ts"
import { Parameter } from "../../parameter.ts"

export interface LayerNormLayerOptions {
  /** Added to the variance. Default: 1e-5. */
  readonly eps?: number
  /** Whether γ and β are learned. Default: true. */
  readonly elementwiseAffine?: boolean
  /** Whether β is learned too, where γ is. Default: true. */
  readonly bias?: boolean
  /** Type of the parameters. Default: float32. */
  readonly dtype?: DType
}

function sizesOf(where: string, normalizedShape: number | Shape): number[] {
  const sizes = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape]
  for (const size of sizes) checkCount(where, "normalizedShape", size)
  return sizes
}

/**
 * Normalisation of each sample over its last dimensions (Ba et al. 2016, arXiv:1607.06450v1): the same in training and
 * evaluation, and for a batch of one.
 *
 * y = (x − E[x])/√(Var[x] + eps)·γ + β, with E and Var over the last dimensions
 *
 * Shapes: [*, …normalizedShape] → the same.
 *
 * @param normalizedShape sizes of the last dimensions, or the size of the last one
 * @param options eps 1e-5, elementwiseAffine true, bias true, dtype "float32"
 * @throws NABLA_SHAPE_MISMATCH from forward when the last dimensions are others
 *
 * Attributes: `weight` γ, first ones, and `bias` β, first zeros, both of normalizedShape (or null).
 *
 * @example nn.layerNorm(2).forward(tensor([[1, 3], [5, 5]])) // [[-1, 1], [0, 0]]
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[]
  readonly eps: number
  weight: Parameter | null
  bias: Parameter | null

  constructor(normalizedShape: number | Shape, options: LayerNormLayerOptions = {}) {
    super()
    checkNames("LayerNorm", options, ["eps", "elementwiseAffine", "bias", "dtype"])
    const { eps = 1e-5, elementwiseAffine = true, bias = true, dtype = "float32" } = options
    const shape = sizesOf("LayerNorm", normalizedShape)
    this.normalizedShape = shape
    this.eps = eps
    this.weight = elementwiseAffine ? new Parameter(ones(shape, { dtype })) : null
    this.bias = elementwiseAffine && bias ? new Parameter(zeros(shape, { dtype })) : null
  }

  override forward(input: Tensor): Tensor {
    const { normalizedShape, weight, bias, eps } = this
    return layerNormOf(input, normalizedShape, { weight, bias, eps })
  }
}

export interface RMSNormOptions {
  /** Added to the mean square. Default: the machine epsilon of the input's type. */
  readonly eps?: number | null
  /** Whether γ is learned. Default: true. */
  readonly elementwiseAffine?: boolean
  /** Type of the parameter. Default: float32. */
  readonly dtype?: DType
}

/**
 * Scaling of each sample by its root mean square (Zhang & Sennrich 2019, arXiv:1910.07467v1): layer normalisation
 * without the mean, at about half its cost.
 *
 * y = x/√(E[x²] + eps)·γ, with E over the last dimensions
 *
 * Shapes: [*, …normalizedShape] → the same.
 *
 * @param normalizedShape sizes of the last dimensions, or the size of the last one
 * @param options eps: machine epsilon, elementwiseAffine true, dtype "float32"
 * @throws NABLA_SHAPE_MISMATCH from forward when the last dimensions are others
 *
 * Attributes: `weight` γ of normalizedShape, first ones (or null).
 *
 * @example nn.rmsNorm(2).forward(tensor([[3, 3], [-2, 2]])) // [[1, 1], [-1, 1]]
 */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[]
  readonly eps: number | null
  weight: Parameter | null

  constructor(normalizedShape: number | Shape, options: RMSNormOptions = {}) {
    super()
    checkNames("RMSNorm", options, ["eps", "elementwiseAffine", "dtype"])
    const { eps = null, elementwiseAffine = true, dtype = "float32" } = options
    const shape = sizesOf("RMSNorm", normalizedShape)
    this.normalizedShape = shape
    this.eps = eps
    this.weight = elementwiseAffine ? new Parameter(ones(shape, { dtype })) : null
  }

  override forward(input: Tensor): Tensor {
    const { normalizedShape, weight, eps } = this
    return rmsNormOf(input, normalizedShape, { weight, eps })
  }
}

export const layerNorm = (normalizedShape: number | Shape, options?: LayerNormLayerOptions): LayerNorm =>
  new LayerNorm(normalizedShape, options)
export const rmsNorm = (normalizedShape: number | Shape, options?: RMSNormOptions): RMSNorm =>
  new RMSNorm(normalizedShape, options)
