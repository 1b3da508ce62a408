import { formatShape, NablaError, numel } from "../../../base/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import { add, div, hostNumber, maximum, minimum, mul, noGrad, sqrt, sub } from "../../../tensor/index.ts"
import { batchStatistics } from "../../functions/batch-norm.ts"
import { maybePerChannel, normalizeBy, perChannel, trackRunning } from "../../functions/statistics.ts"
import { BatchNorm } from "./batch-norm.ts"
import type { ChannelNormOptions } from "./channel-norm.ts"
import { channelNormOptions } from "./channel-norm.ts"

export interface BatchRenormOptions extends Omit<ChannelNormOptions, "trackRunningStats"> {
  /** Largest ratio of standard deviations that is corrected. Default: 3. */
  readonly rMax?: number
  /** Largest distance of means that is corrected, in standard deviations. Default: 5. */
  readonly dMax?: number
}

/**
 * Batch normalisation that corrects the statistics of the batch towards the running ones, so that training and
 * evaluation compute the same: for small batches (Ioffe 2017, arXiv:1702.03275v2).
 *
 * y = ((x − μ_B)/σ_B·r + d)·γ + β, r = clip(σ_B/σ, 1/rMax, rMax), d = clip((μ_B − μ)/σ, −dMax, dMax)
 *
 * No derivative passes through r and d. With rMax 1 and dMax 0 it is batch normalisation; the paper starts so and raises
 * them over the first thousands of steps: assign `rMax` and `dMax`. In evaluation it is batch normalisation.
 *
 * Shapes: [N, C, *] → the same.
 *
 * @param numFeatures C
 * @param options eps 1e-5, momentum 0.01, affine true, rMax 3, dMax 5, dtype "float32"
 * @throws NABLA_SHAPE_MISMATCH from forward for other channels, and in training for one value per channel
 *
 * Attributes: `weight` γ, first ones, and `bias` β, first zeros, both [C] (or null); `runningMean`, first zeros, and
 * `runningVar`, first ones, both [C], and the count `numBatchesTracked`. The paper keeps a running σ; here it is
 * √(runningVar + eps), so that states go to and from batch normalisation.
 *
 * @example nn.batchRenorm(3, { rMax: 1, dMax: 0 }).forward(randn([8, 3, 4, 4])).shape // [8, 3, 4, 4]
 */
export class BatchRenorm extends BatchNorm {
  rMax: number
  dMax: number

  constructor(numFeatures: number, options: BatchRenormOptions = {}) {
    const { rMax = 3, dMax = 5, momentum = 0.01, ...rest } = options
    super(numFeatures, { momentum, ...rest }, channelNormOptions)
    if (!(rMax >= 1) || !(dMax >= 0)) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the corrections have no range",
        where: "BatchRenorm",
        expected: "rMax ≥ 1 and dMax ≥ 0",
        got: `${rMax} and ${dMax}`,
      })
    }
    this.rMax = rMax
    this.dMax = dMax
  }

  protected override check(input: Tensor): void {
    if (input.ndim >= 2 && input.shape[1] === this.numFeatures) return
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the input has other channels",
      where: "BatchRenorm",
      expected: `[N, ${this.numFeatures}, …]`,
      got: formatShape(input.shape),
    })
  }

  protected override normalize(input: Tensor, momentum: number | Tensor): Tensor {
    const { ndim } = input
    const { runningMean, runningVar, weight, bias, eps } = this
    if (!this.training || runningMean === null || runningVar === null) return super.normalize(input, momentum)
    const batch = batchStatistics("BatchRenorm", input)
    const count = numel(input.shape) / this.numFeatures
    const { r, d } = noGrad(() => {
      const sigma = sqrt(add(perChannel(runningVar, ndim), eps))
      const ratio = div(sqrt(add(batch.variance, eps)), sigma)
      const distance = div(sub(batch.mean, perChannel(runningMean, ndim)), sigma)
      // Numbers beside the graph: a schedule that raises them makes no new kernel.
      const rMax = hostNumber(() => this.rMax, input.dtype)
      const dMax = hostNumber(() => this.dMax, input.dtype)
      return {
        r: minimum(maximum(ratio, div(1, rMax)), rMax),
        d: minimum(maximum(distance, mul(dMax, -1)), dMax),
      }
    })
    const pairs = [
      [runningMean, batch.mean],
      [runningVar, mul(batch.variance, count / (count - 1))],
    ] as const
    trackRunning(pairs, momentum)
    const renormed = add(mul(normalizeBy(input, batch, eps, null, null), r), d)
    const [factor, summand] = [maybePerChannel(weight, ndim), maybePerChannel(bias, ndim)]
    const scaled = factor ? mul(renormed, factor) : renormed
    return summand ? add(scaled, summand) : scaled
  }
}

export const batchRenorm = (numFeatures: number, options?: BatchRenormOptions): BatchRenorm =>
  new BatchRenorm(numFeatures, options)
