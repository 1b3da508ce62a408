import { formatShape, NablaError, numel } from "../../../base/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import { cat, div, full, mul, square, sub, sum } from "../../../tensor/index.ts"
import type { Communicator } from "../../communicator.ts"
import { alone } from "../../communicator.ts"
import { batchDims } from "../../functions/batch-norm.ts"
import {
  checkSeveral,
  maybePerChannel,
  normalizeBy,
  perChannel,
  trackRunning,
} from "../../functions/statistics.ts"
import { AnyModule } from "../../module.ts"
import { ModuleDict } from "../module-dict.ts"
import { BatchNorm, BatchNorm1d, BatchNorm2d, BatchNorm3d } from "./batch-norm.ts"
import type { ChannelNormOptions } from "./channel-norm.ts"
import { channelNormOptions } from "./channel-norm.ts"

export interface SyncBatchNormOptions extends ChannelNormOptions {
  /** How the replicas add up their sums. Default: one replica alone. */
  readonly communicator?: Communicator
}

/**
 * Batch normalisation over the batches of all replicas of a model together.
 *
 * y = (x − E[x])/√(Var[x] + eps)·γ + β, with E and Var over all replicas in training
 *
 * Two sums go through the communicator in each pass: Σx with the number of elements, then Σ(x − E[x])². Replicas may
 * have batches of different sizes. In evaluation nothing is sent.
 *
 * Shapes: [N, C, *] → the same.
 *
 * @param numFeatures C
 * @param options communicator, and those of BatchNorm1d
 * @throws NABLA_SHAPE_MISMATCH from forward for other channels, and for one value per channel of a replica alone
 *
 * Attributes: those of BatchNorm1d.
 *
 * @example nn.syncBatchNorm(2).forward(tensor([[1, 5], [3, 5]])) // [[-1, 0], [1, 0]]
 */
export class SyncBatchNorm extends BatchNorm {
  readonly communicator: Communicator

  constructor(numFeatures: number, options: SyncBatchNormOptions = {}) {
    const { communicator = alone, ...rest } = options
    super(numFeatures, rest, channelNormOptions)
    this.communicator = communicator
  }

  protected override check(input: Tensor): void {
    if (input.ndim >= 2 && input.shape[1] === this.numFeatures) return
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the input has other channels",
      where: "SyncBatchNorm",
      expected: `[N, ${this.numFeatures}, …]`,
      got: formatShape(input.shape),
    })
  }

  protected override normalize(input: Tensor, momentum: number | Tensor): Tensor {
    if (!this.training) return super.normalize(input, momentum)
    const { communicator, numFeatures, runningMean, runningVar, weight, bias, eps } = this
    const { ndim, dtype } = input
    const own = numel(input.shape) / numFeatures
    if (communicator.size === 1) checkSeveral("SyncBatchNorm", own, "channel", input.shape)
    const dims = batchDims(ndim)
    const totals = communicator.allReduce(cat([sum(input, dims), full([1], own, { dtype })]))
    const count = totals.narrow(0, numFeatures, 1)
    const mean = div(totals.narrow(0, 0, numFeatures), count)
    const deviations = sum(square(sub(input, perChannel(mean, ndim))), dims)
    const variance = div(communicator.allReduce(deviations), count)
    const pairs = [
      [runningMean, mean],
      [runningVar, mul(variance, div(count, sub(count, 1)))],
    ] as const
    trackRunning(pairs, momentum)
    const statistics = { mean: perChannel(mean, ndim), variance: perChannel(variance, ndim) }
    return normalizeBy(input, statistics, eps, maybePerChannel(weight, ndim), maybePerChannel(bias, ndim))
  }
}

export const syncBatchNorm = (numFeatures: number, options?: SyncBatchNormOptions): SyncBatchNorm =>
  new SyncBatchNorm(numFeatures, options)

/** The layers that are replaced. */
const plain = [BatchNorm1d, BatchNorm2d, BatchNorm3d]

/** The same layer with statistics over all replicas; parameters and running statistics are shared with it. */
function synchronised(layer: BatchNorm, communicator: Communicator): SyncBatchNorm {
  const { numFeatures, eps, momentum, affine, trackRunningStats } = layer
  const options = { eps, momentum, affine, trackRunningStats, communicator }
  const sync = new SyncBatchNorm(numFeatures, options)
  const { weight, bias, runningMean, runningVar, numBatchesTracked, training } = layer
  return Object.assign(sync, { weight, bias, runningMean, runningVar, numBatchesTracked, training })
}

/**
 * Replaces every batchNorm within a model by a syncBatchNorm with the same parameters, running statistics and names.
 * Changes the model, and returns it; a batchNorm by itself is not changed, and its twin is returned.
 *
 * @param communicator how the replicas add up their sums; default: one replica alone
 */
export function convertSyncBatchNorm<M extends AnyModule>(module: M, communicator: Communicator = alone): M {
  const seen = new Set<object>()
  const convert = (value: unknown): unknown => {
    if (value instanceof SyncBatchNorm || value === null || typeof value !== "object") return value
    if (plain.some((type) => value instanceof type)) return synchronised(value as BatchNorm, communicator)
    const holds = value instanceof AnyModule || Array.isArray(value) || isPlain(value)
    if (!holds || seen.has(value)) return value
    seen.add(value)
    if (value instanceof ModuleDict)
      for (const [name, part] of value) value.set(name, convert(part) as AnyModule)
    for (const [key, part] of Object.entries(value)) {
      const converted = convert(part)
      if (converted !== part) Reflect.set(value, key, converted)
    }
    return value
  }
  return convert(module) as M
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}
