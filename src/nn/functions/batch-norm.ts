import { numel } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { composed, mul } from "../../tensor/index.ts"
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

export interface BatchNormOptions {
  /** γ, one factor for each channel. */
  readonly weight?: Tensor | null
  /** β, one summand for each channel. */
  readonly bias?: Tensor | null
  /** Use the statistics of the batch, and move the running ones. Default: false. */
  readonly training?: boolean
  /** Share of a batch in the running statistics. Default: 0.1. */
  readonly momentum?: number | Tensor
  /** Added to the variance. Default: 1e-5. */
  readonly eps?: number
}

/** All dimensions but that of the channels. */
export function batchDims(ndim: number): number[] {
  return Array.from({ length: ndim }, (_, dim) => dim).filter((dim) => dim !== 1)
}

/**
 * (input − mean)/√(variance + eps)·weight + bias for each channel of [N, C, …] (Ioffe & Szegedy 2015,
 * arXiv:1502.03167v3). In training, mean and variance are those of the batch, derivatives pass through them, and
 * runningMean and runningVar move towards them; the running variance is the unbiased one. Otherwise they are the running
 * ones.
 *
 * @throws NABLA_SHAPE_MISMATCH for vectors that do not fit the channels, and in training for one value per channel
 */
export const batchNorm = composed(
  "batchNorm",
  (
    input: Tensor,
    runningMean: Tensor | null,
    runningVar: Tensor | null,
    options: BatchNormOptions = {},
  ): Tensor => {
    const { weight, bias, training = false, momentum = 0.1, eps = 1e-5 } = options
    const { ndim } = input
    const channels = channelsOf("batchNorm", input)
    checkPerChannel("batchNorm", channels, { runningMean, runningVar, weight, bias })
    const running = runningMean !== null && runningVar !== null
    const own = training || !running
    const statistics = own
      ? batchStatistics("batchNorm", input)
      : { mean: perChannel(runningMean, ndim), variance: perChannel(runningVar, ndim) }
    if (training && running) {
      const count = numel(input.shape) / channels
      const unbiased = mul(statistics.variance, count / (count - 1))
      const pairs = [
        [runningMean, statistics.mean],
        [runningVar, unbiased],
      ] as const
      trackRunning(pairs, momentum)
    }
    return normalizeBy(input, statistics, eps, maybePerChannel(weight, ndim), maybePerChannel(bias, ndim))
  },
)

/** Mean and variance of each channel of a batch. */
export function batchStatistics(where: string, input: Tensor): Statistics {
  checkSeveral(where, numel(input.shape) / channelsOf(where, input), "channel", input.shape)
  return statisticsOf(input, batchDims(input.ndim))
}
