import { formatShape, NablaError, numel } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { add, composed, mean, mul, reshape } from "../../tensor/index.ts"
import type { LayerNormOptions } from "./layer-norm.ts"
import type { Statistics } from "./statistics.ts"
import {
  channelsOf,
  checkPerChannel,
  checkSeveral,
  maybePerChannel,
  normalizeBy,
  perChannel,
  statisticsOf,
  trackRunning,
} from "./statistics.ts"

/**
 * (input − mean)/√(variance + eps)·weight + bias, with mean and variance over groups of neighbouring channels of each
 * sample of [N, C, …] (Wu & He 2018, arXiv:1803.08494v3).
 *
 * @throws NABLA_SHAPE_MISMATCH when the channels cannot be split into groups
 */
export const groupNorm = composed(
  "groupNorm",
  (input: Tensor, numGroups: number, options: LayerNormOptions = {}): Tensor => {
    const { weight, bias, eps = 1e-5 } = options
    const channels = channelsOf("groupNorm", input)
    if (!(numGroups >= 1) || channels % numGroups !== 0) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the channels cannot be split evenly into groups",
        where: "groupNorm",
        expected: `[N, C, …] with C a multiple of ${numGroups}`,
        got: formatShape(input.shape),
      })
    }
    checkPerChannel("groupNorm", channels, { weight, bias })
    checkSeveral("groupNorm", numel(input.shape) / numGroups, "group", input.shape)
    const groups = reshape(input, [input.shape[0]!, numGroups, -1])
    const normal = reshape(normalizeBy(groups, statisticsOf(groups, [2]), eps, null, null), input.shape)
    const scaled = weight ? mul(normal, perChannel(weight, input.ndim)) : normal
    return bias ? add(scaled, perChannel(bias, input.ndim)) : scaled
  },
)

export interface InstanceNormOptions extends LayerNormOptions {
  readonly runningMean?: Tensor | null
  readonly runningVar?: Tensor | null
  /** Use the statistics of each instance (default) rather than the running ones. */
  readonly useInputStats?: boolean
  /** Share of a batch in the running statistics. Default: 0.1. */
  readonly momentum?: number
}

/**
 * (input − mean)/√(variance + eps)·weight + bias, with mean and variance over the places of each channel of each sample
 * of [N, C, …] (Ulyanov et al. 2016, arXiv:1607.08022v3). Running statistics move towards the means over the batch of the
 * mean and of the unbiased variance.
 *
 * @throws NABLA_SHAPE_MISMATCH for vectors that do not fit the channels, and for one place per channel
 */
export const instanceNorm = composed(
  "instanceNorm",
  (input: Tensor, options: InstanceNormOptions = {}): Tensor => {
    const {
      weight,
      bias,
      runningMean,
      runningVar,
      useInputStats = true,
      momentum = 0.1,
      eps = 1e-5,
    } = options
    const { ndim } = input
    const channels = channelsOf("instanceNorm", input)
    checkPerChannel("instanceNorm", channels, { runningMean, runningVar, weight, bias })
    let statistics: Statistics
    if (useInputStats || !runningMean || !runningVar) {
      const count = numel(input.shape.slice(2))
      checkSeveral("instanceNorm", count, "channel and sample", input.shape)
      statistics = statisticsOf(
        input,
        input.shape.map((_, dim) => dim).filter((dim) => dim >= 2),
      )
      const overBatch = (t: Tensor): Tensor => mean(t, 0)
      const pairs = [
        [runningMean, overBatch(statistics.mean)],
        [runningVar, overBatch(mul(statistics.variance, count / (count - 1)))],
      ] as const
      trackRunning(pairs, momentum)
    } else statistics = { mean: perChannel(runningMean, ndim), variance: perChannel(runningVar, ndim) }
    return normalizeBy(input, statistics, eps, maybePerChannel(weight, ndim), maybePerChannel(bias, ndim))
  },
)
