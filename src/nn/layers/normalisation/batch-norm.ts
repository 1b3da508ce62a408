import type { Tensor } from "../../../tensor/index.ts"
import { batchNorm as batchNormOf } from "../../functional.ts"
import type { ChannelNormOptions } from "./channel-norm.ts"
import { ChannelNorm } from "./channel-norm.ts"

/** Batch normalisation over everything but the channels. */
export abstract class BatchNorm extends ChannelNorm {
  constructor(numFeatures: number, options: ChannelNormOptions = {}, known?: readonly string[]) {
    super(numFeatures, options, true, known)
  }

  override forward(input: Tensor): Tensor {
    this.check(input)
    const momentum = this.training ? this.countBatch() : 0
    return this.normalize(input, momentum)
  }

  protected abstract check(input: Tensor): void

  /** @param momentum share of this batch in the running statistics */
  protected normalize(input: Tensor, momentum: number | Tensor): Tensor {
    const { runningMean, runningVar, weight, bias, training, eps } = this
    return batchNormOf(input, runningMean, runningVar, { weight, bias, training, momentum, eps })
  }
}

/**
 * Normalisation of each feature over the batch (Ioffe & Szegedy 2015, arXiv:1502.03167v3).
 *
 * y = (x − E[x])/√(Var[x] + eps)·γ + β
 *
 * In training E and Var are those of the batch, and derivatives pass through them; the running statistics move towards
 * them: running ← (1 − momentum)·running + momentum·new, with the unbiased variance (divided by n − 1), or become their
 * mean over all batches with momentum null. In evaluation E and Var are the running ones.
 *
 * Shapes: [N, C] or [N, C, L] → the same.
 *
 * @param numFeatures C
 * @param options eps 1e-5, momentum 0.1, affine true, trackRunningStats true (otherwise evaluation uses the batch too),
 *   dtype "float32"
 * @throws NABLA_SHAPE_MISMATCH from forward for other shapes, and in training for one value per channel
 * @throws NABLA_PLACEHOLDER_VALUE from forward inside vmap, in training with running statistics
 *
 * Attributes: `weight` γ, first ones, and `bias` β, first zeros, both [C] (or null); `runningMean`, first zeros, and
 * `runningVar`, first ones, both [C], and the count `numBatchesTracked`, first 0 (or null).
 *
 * @example nn.batchNorm1d(2).forward(tensor([[1, 5], [3, 5]])) // [[-1, 0], [1, 0]]
 */
export class BatchNorm1d extends BatchNorm {
  protected override check(input: Tensor): void {
    this.checkInput(input, [2, 3], 1, "[N, C] or [N, C, L]")
  }
}

/**
 * Normalisation of each channel of images over batch and places; see BatchNorm1d, of which it has formula, options and
 * attributes.
 *
 * y = (x − E[x])/√(Var[x] + eps)·γ + β
 *
 * Shapes: [N, C, H, W] → the same.
 *
 * @param numFeatures C
 * @throws NABLA_SHAPE_MISMATCH from forward for other shapes, and in training for one value per channel
 *
 * @example nn.batchNorm2d(3).forward(randn([8, 3, 4, 4])).shape // [8, 3, 4, 4]
 */
export class BatchNorm2d extends BatchNorm {
  protected override check(input: Tensor): void {
    this.checkInput(input, [4], 1, "[N, C, H, W]")
  }
}

/**
 * Normalisation of each channel of volumes over batch and places; see BatchNorm1d, of which it has formula, options and
 * attributes.
 *
 * y = (x − E[x])/√(Var[x] + eps)·γ + β
 *
 * Shapes: [N, C, D, H, W] → the same.
 *
 * @param numFeatures C
 * @throws NABLA_SHAPE_MISMATCH from forward for other shapes, and in training for one value per channel
 *
 * @example nn.batchNorm3d(3).forward(randn([2, 3, 4, 4, 4])).shape // [2, 3, 4, 4, 4]
 */
export class BatchNorm3d extends BatchNorm {
  protected override check(input: Tensor): void {
    this.checkInput(input, [5], 1, "[N, C, D, H, W]")
  }
}

export const batchNorm1d = (numFeatures: number, options?: ChannelNormOptions): BatchNorm1d =>
  new BatchNorm1d(numFeatures, options)
export const batchNorm2d = (numFeatures: number, options?: ChannelNormOptions): BatchNorm2d =>
  new BatchNorm2d(numFeatures, options)
export const batchNorm3d = (numFeatures: number, options?: ChannelNormOptions): BatchNorm3d =>
  new BatchNorm3d(numFeatures, options)
