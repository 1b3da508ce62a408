import type { DType } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { zeros } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import { linear as linearOf } from "../functional.ts"
import { kaimingUniform_ } from "../init/index.ts"
import { Module } from "../module.ts"
import { Parameter } from "../parameter.ts"
import { biasLike } from "./bias.ts"

export interface LinearOptions {
  /** Whether a bias is added. Default: true. */
  readonly bias?: boolean
  /** Type of the parameters. Default: float32. */
  readonly dtype?: DType
}

/**
 * An affine map of the last dimension.
 *
 * y = x·Wᵀ + b
 *
 * Shapes: [*, inFeatures] → [*, outFeatures], with any leading dimensions.
 *
 * @param inFeatures size of each input
 * @param outFeatures size of each output
 * @throws NABLA_SHAPE_MISMATCH from forward when the last dimension is not inFeatures
 *
 * Attributes: `weight` [outFeatures, inFeatures] and `bias` [outFeatures] (or null), both first drawn from
 * U(−1/√inFeatures, 1/√inFeatures).
 *
 * @example nn.linear(784, 10).forward(randn([64, 784])).shape // [64, 10]
 */
export class Linear extends Module {
  readonly inFeatures: number
  readonly outFeatures: number
  weight: Parameter
  bias: Parameter | null

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super()
    checkNames("Linear", options, ["bias", "dtype"])
    checkCount("Linear", "inFeatures", inFeatures)
    checkCount("Linear", "outFeatures", outFeatures)
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    this.weight = new Parameter(zeros([outFeatures, inFeatures], { dtype: options.dtype ?? "float32" }))
    // With this slope of the leaky ReLU the law is U(±1/√fanIn), PyTorch's choice.
    kaimingUniform_(this.weight, { a: Math.sqrt(5) })
    this.bias = options.bias === false ? null : biasLike(this.weight)
  }

  override forward(input: Tensor): Tensor {
    return linearOf(input, this.weight, this.bias)
  }
}

export function linear(inFeatures: number, outFeatures: number, options: LinearOptions = {}): Linear {
  return new Linear(inFeatures, outFeatures, options)
}
