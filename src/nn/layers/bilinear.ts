import type { Tensor } from "../../tensor/index.ts"
import { zeros } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import { bilinear as bilinearOf } from "../functional.ts"
import { uniform_ } from "../init/index.ts"
import { Module } from "../module.ts"
import { Parameter } from "../parameter.ts"
import type { LinearOptions } from "./linear.ts"

/**
 * A product of two inputs with learned coefficients.
 *
 * yₖ = x₁ᵀ·Wₖ·x₂ + bₖ
 *
 * Shapes: [*, in1Features] and [*, in2Features], with the same leading dimensions → [*, outFeatures].
 *
 * @param in1Features size of the first input
 * @param in2Features size of the second input
 * @param outFeatures size of each output
 * @param options bias true, dtype "float32"
 * @throws NABLA_SHAPE_MISMATCH from forward when the inputs do not fit
 *
 * Attributes: `weight` [outFeatures, in1Features, in2Features] and `bias` [outFeatures] (or null), both first drawn from
 * U(±1/√in1Features).
 *
 * @example nn.bilinear(3, 4, 2).forward(randn([8, 3]), randn([8, 4])).shape // [8, 2]
 */
export class Bilinear extends Module<readonly [input1: Tensor, input2: Tensor]> {
  readonly in1Features: number
  readonly in2Features: number
  readonly outFeatures: number
  weight: Parameter
  bias: Parameter | null

  constructor(in1Features: number, in2Features: number, outFeatures: number, options: LinearOptions = {}) {
    super()
    checkNames("Bilinear", options, ["bias", "dtype"])
    checkCount("Bilinear", "in1Features", in1Features)
    checkCount("Bilinear", "in2Features", in2Features)
    checkCount("Bilinear", "outFeatures", outFeatures)
    const { bias = true, dtype = "float32" } = options
    const bound = 1 / Math.sqrt(in1Features)
    const draw = (shape: number[]): Parameter => {
      const parameter = new Parameter(zeros(shape, { dtype }))
      uniform_(parameter, { a: -bound, b: bound })
      return parameter
    }
    this.in1Features = in1Features
    this.in2Features = in2Features
    this.outFeatures = outFeatures
    this.weight = draw([outFeatures, in1Features, in2Features])
    this.bias = bias ? draw([outFeatures]) : null
  }

  override forward(input1: Tensor, input2: Tensor): Tensor {
    return bilinearOf(input1, input2, this.weight, this.bias)
  }
}

export function bilinear(
  in1Features: number,
  in2Features: number,
  outFeatures: number,
  options: LinearOptions = {},
): Bilinear {
  return new Bilinear(in1Features, in2Features, outFeatures, options)
}
