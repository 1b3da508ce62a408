import type { DType } from "../../../base/index.ts"
import { NablaError } from "../../../base/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import { ones, zeros } from "../../../tensor/index.ts"
import { checkCount, checkNames } from "../../check.ts"
import { groupNorm as groupNormOf } from "../../functional.ts"
import { Module } from "../../module.ts"
import { Parameter } from "../../parameter.ts"

export interface GroupNormOptions {
  /** Added to the variance. Default: 1e-5. */
  readonly eps?: number
  /** Whether γ and β are learned. Default: true. */
  readonly affine?: boolean
  /** Type of the parameters. Default: float32. */
  readonly dtype?: DType
}

/**
 * Normalisation of each sample over groups of neighbouring channels (Wu & He 2018, arXiv:1803.08494v3): the same in
 * training and evaluation, whatever the size of the batch. One group is layer normalisation over everything, as many as
 * channels is instance normalisation.
 *
 * y = (x − E[x])/√(Var[x] + eps)·γ + β, with E and Var over the places and the channels of the group
 *
 * Shapes: [N, C, *] → the same.
 *
 * @param numGroups a divisor of C
 * @param numChannels C
 * @param options eps 1e-5, affine true, dtype "float32"
 * @throws NABLA_INVALID_ARGUMENT when the channels cannot be split evenly
 * @throws NABLA_SHAPE_MISMATCH from forward for other channels
 *
 * Attributes: `weight` γ, first ones, and `bias` β, first zeros, both [C] (or null).
 *
 * @example nn.groupNorm(1, 2).forward(tensor([[1, 3], [5, 5]])) // [[-1, 1], [0, 0]]
 */
export class GroupNorm extends Module {
  readonly numGroups: number
  readonly numChannels: number
  readonly eps: number
  weight: Parameter | null
  bias: Parameter | null

  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    super()
    checkNames("GroupNorm", options, ["eps", "affine", "dtype"])
    checkCount("GroupNorm", "numGroups", numGroups)
    checkCount("GroupNorm", "numChannels", numChannels)
    if (numChannels % numGroups !== 0) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the channels cannot be split evenly into groups",
        where: "GroupNorm",
        expected: `numChannels divisible by ${numGroups}`,
        got: String(numChannels),
      })
    }
    const { eps = 1e-5, affine = true, dtype = "float32" } = options
    this.numGroups = numGroups
    this.numChannels = numChannels
    this.eps = eps
    this.weight = affine ? new Parameter(ones([numChannels], { dtype })) : null
    this.bias = affine ? new Parameter(zeros([numChannels], { dtype })) : null
  }

  override forward(input: Tensor): Tensor {
    const { numGroups, weight, bias, eps } = this
    return groupNormOf(input, numGroups, { weight, bias, eps })
  }
}

export const groupNorm = (numGroups: number, numChannels: number, options?: GroupNormOptions): GroupNorm =>
  new GroupNorm(numGroups, numChannels, options)
