import type { Tensor } from "../../../tensor/index.ts"
import { instanceNorm as instanceNormOf } from "../../functional.ts"
import type { ChannelNormOptions } from "./channel-norm.ts"
import { ChannelNorm } from "./channel-norm.ts"

/** Instance normalisation over the places of each channel. */
abstract class InstanceNorm extends ChannelNorm {
  constructor(numFeatures: number, options: ChannelNormOptions = {}) {
    super(numFeatures, options, false)
  }

  /** How many dimensions a place has. */
  protected abstract readonly spatial: number

  override forward(input: Tensor): Tensor {
    const { spatial, runningMean, runningVar, weight, bias, eps } = this
    const names = ["L", "H, W", "D, H, W"][spatial - 1]
    const batched = input.ndim === spatial + 2
    const shapes = `[N, C, ${names}] or [C, ${names}]`
    this.checkInput(input, [spatial + 1, spatial + 2], batched ? 1 : 0, shapes)
    const options = { runningMean, runningVar, weight, bias, eps, momentum: this.momentum ?? 0 }
    const useInputStats = this.training || !this.trackRunningStats
    const out = instanceNormOf(batched ? input : input.unsqueeze(0), { ...options, useInputStats })
    return batched ? out : out.squeeze(0)
  }
}

/**
 * Normalisation of each channel of each sample over its places (Ulyanov et al. 2016, arXiv:1607.08022v3).
 *
 * y = (x − E[x])/√(Var[x] + eps)·γ + β, with E and Var over the places
 *
 * With running statistics evaluation uses those; they move towards the means over the batch.
 *
 * Shapes: [N, C, L] or [C, L] → the same.
 *
 * @param numFeatures C
 * @param options eps 1e-5, momentum 0.1, affine false, trackRunningStats false, dtype "float32"
 * @throws NABLA_SHAPE_MISMATCH from forward for other shapes, and for one place per channel
 *
 * Attributes: `weight` γ, first ones, and `bias` β, first zeros, both [C] (or null); `runningMean`, first zeros, and
 * `runningVar`, first ones, both [C] (or null). PyTorch's count `numBatchesTracked` is there, and stays 0 as there.
 *
 * @example nn.instanceNorm1d(1).forward(tensor([[[1, 3]], [[5, 5]]])) // [[[-1, 1]], [[0, 0]]]
 */
export class InstanceNorm1d extends InstanceNorm {
  protected override readonly spatial = 1
}

/**
 * Normalisation of each channel of each image over its places; see InstanceNorm1d, of which it has formula, options and
 * attributes.
 *
 * y = (x − E[x])/√(Var[x] + eps)·γ + β
 *
 * Shapes: [N, C, H, W] or [C, H, W] → the same.
 *
 * @param numFeatures C
 * @throws NABLA_SHAPE_MISMATCH from forward for other shapes, and for one place per channel
 *
 * @example nn.instanceNorm2d(3).forward(randn([8, 3, 4, 4])).shape // [8, 3, 4, 4]
 */
export class InstanceNorm2d extends InstanceNorm {
  protected override readonly spatial = 2
}

/**
 * Normalisation of each channel of each volume over its places; see InstanceNorm1d, of which it has formula, options and
 * attributes.
 *
 * y = (x − E[x])/√(Var[x] + eps)·γ + β
 *
 * Shapes: [N, C, D, H, W] or [C, D, H, W] → the same.
 *
 * @param numFeatures C
 * @throws NABLA_SHAPE_MISMATCH from forward for other shapes, and for one place per channel
 *
 * @example nn.instanceNorm3d(3).forward(randn([3, 4, 4, 4])).shape // [3, 4, 4, 4]
 */
export class InstanceNorm3d extends InstanceNorm {
  protected override readonly spatial = 3
}

export const instanceNorm1d = (numFeatures: number, options?: ChannelNormOptions): InstanceNorm1d =>
  new InstanceNorm1d(numFeatures, options)
export const instanceNorm2d = (numFeatures: number, options?: ChannelNormOptions): InstanceNorm2d =>
  new InstanceNorm2d(numFeatures, options)
export const instanceNorm3d = (numFeatures: number, options?: ChannelNormOptions): InstanceNorm3d =>
  new InstanceNorm3d(numFeatures, options)
