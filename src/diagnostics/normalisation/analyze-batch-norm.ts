import type { AnyModule, Module } from "../../nn/index.ts"
import { BatchNorm1d, BatchNorm2d, BatchNorm3d, BatchRenorm, SyncBatchNorm } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { noGrad, Tensor as TensorClass, watchActivations, withValues } from "../../tensor/index.ts"

/** How much the mean of a batch scatters around that of all data. */
export interface BatchNoise {
  readonly batchSize: number
  /** RMS over channels and batches of (mean of the batch − mean)/std. */
  readonly meanNoise: number
  /** RMS over channels and batches of variance of the batch/variance − 1. */
  readonly varianceNoise: number
}

export interface BatchNormAnalysis {
  readonly path: string
  readonly type: string
  readonly channels: number
  /** Values per channel that one example has: 1 for features, height·width for images. */
  readonly valuesPerExample: number
  /** By batch size; independent examples give meanNoise 1/√(batch·valuesPerExample) at most 1/√batch. */
  readonly noise: readonly BatchNoise[]
  /** RMS over channels of (running mean − mean)/std; null without running statistics. */
  readonly meanDrift: number | null
  /** RMS over channels of ln(running variance/variance). */
  readonly varianceDrift: number | null
  /** What stands before and after it: the usual order is convolution, batch norm, activation. */
  readonly before: string | null
  readonly after: string | null
  /** Whether it stands behind the non-linearity instead of before it. */
  readonly afterActivation: boolean
  /**
   * Whether every worker of a data-parallel training normalises by its own share of the batch: true unless the layer
   * synchronises its statistics. The noise is then that of the batch size divided by the number of workers.
   */
  readonly perWorker: boolean
}

export interface BatchNormReport {
  readonly layers: readonly BatchNormAnalysis[]
  /** RMS(output in training mode − output in evaluation mode)/RMS(output in evaluation mode). */
  readonly trainEvalGap: number
}

export interface BatchNormOptions {
  /** Batch sizes that are tried; those larger than the data are passed over. Default: 2, 4, 8, 16, 32, 64, 128, 256. */
  readonly batchSizes?: readonly number[]
}

/** What went into a batch norm layer, and what was computed before and after it. */
interface Seen {
  readonly path: string
  readonly module: AnyModule
  readonly input: Tensor
  readonly at: number
}

/**
 * What batch normalisation does in a model: how noisy its statistics are at which batch size, how far the running ones
 * are from those of the data, where it stands, and how much the output changes from training to evaluation. Forward passes
 * only; nothing is changed.
 *
 * @param x inputs, as many as there are at hand: at least 2
 * @param options batchSizes 2, 4, … 256
 *
 * @example
 * const { layers, trainEvalGap } = await analyzeBatchNorm(model, x)
 */
export async function analyzeBatchNorm(
  model: Module<readonly [Tensor], Tensor>,
  x: Tensor,
  { batchSizes = [2, 4, 8, 16, 32, 64, 128, 256] }: BatchNormOptions = {},
): Promise<BatchNormReport> {
  const modes = model.modules().map((module) => ({ module, training: module.training }))
  try {
    const { seen, events, output } = watchPass(model, x)
    const evaluated = noGrad(() => model.eval().forward(x))
    const [trained, calm] = await Promise.all([output.data(), evaluated.data()])
    const sizes = batchSizes.filter((size) => size >= 2 && size <= x.shape[0]!)
    const layers = await Promise.all(seen.map((one) => analyze(one, events, sizes)))
    return { layers, trainEvalGap: rms(trained.map((v, i) => v - calm[i]!)) / rms(calm) }
  } finally {
    for (const { module, training } of modes) module.training = training
  }
}

/** A pass in training mode; running statistics keep their values. */
function watchPass(
  model: Module<readonly [Tensor], Tensor>,
  x: Tensor,
): { seen: Seen[]; events: string[]; output: Tensor } {
  const seen: Seen[] = []
  const events: string[] = []
  const handles: { remove(): void }[] = [watchActivations(({ name }) => void events.push(name))]
  for (const [path, module] of model.namedModules())
    handles.push(
      module.registerForwardHook((_, args) => {
        const [input] = args
        if (isBatchNorm(module) && input instanceof TensorClass)
          seen.push({ path, module, input: input.detach(), at: events.length })
        if (module.parameters().length > 0 && module.children().length === 0)
          events.push(module.constructor.name)
      }),
    )
  const buffers = model.buffers()
  model.train()
  try {
    return { seen, events, output: noGrad(() => withValues(buffers, buffers, () => model.forward(x))) }
  } finally {
    for (const handle of handles) handle.remove()
  }
}

const KINDS = [BatchNorm1d, BatchNorm2d, BatchNorm3d, BatchRenorm, SyncBatchNorm]

function isBatchNorm(module: AnyModule): boolean {
  return KINDS.some((kind) => module instanceof kind)
}

async function analyze(
  { path, module, input, at }: Seen,
  events: readonly string[],
  sizes: readonly number[],
): Promise<BatchNormAnalysis> {
  const [examples = 1, channels = 1] = input.shape
  const values = await input.data()
  const inner = values.length / (examples * channels)
  const stats = channelMoments(values, examples, channels, inner)
  const all = stats(0, examples)
  const noise = sizes.map((batchSize): BatchNoise => {
    const batches = Array.from({ length: Math.floor(examples / batchSize) }, (_, b) =>
      stats(b * batchSize, (b + 1) * batchSize),
    )
    const each = <T>(f: (batch: Moments, c: number) => T): T[] =>
      batches.flatMap((batch) => Array.from({ length: channels }, (_, c) => f(batch, c)))
    return {
      batchSize,
      meanNoise: rms(each(({ mean }, c) => (mean[c]! - all.mean[c]!) / Math.sqrt(all.variance[c]!))),
      varianceNoise: rms(each(({ variance }, c) => variance[c]! / all.variance[c]! - 1)),
    }
  })
  const [before, after] = [events[at - 1] ?? null, events[at + 1] ?? null]
  return {
    ...{ path, type: module.constructor.name, channels, valuesPerExample: inner, noise },
    ...(await driftOf(module, all)),
    ...{ before, after, afterActivation: before !== null && /^[a-z]/.test(before) },
    perWorker: !(module instanceof SyncBatchNorm),
  }
}

interface Moments {
  readonly mean: readonly number[]
  readonly variance: readonly number[]
}

/** Moments of each channel over some of the examples. */
function channelMoments(values: ArrayLike<number>, examples: number, channels: number, inner: number) {
  const width = values.length / examples
  return (from: number, to: number): Moments => {
    const mean: number[] = []
    const variance: number[] = []
    for (let c = 0; c < channels; c++) {
      let [sum, squares] = [0, 0]
      const count = (to - from) * inner
      for (let e = from; e < to; e++)
        for (let i = 0; i < inner; i++) sum += values[e * width + c * inner + i]!
      const center = sum / count
      for (let e = from; e < to; e++)
        for (let i = 0; i < inner; i++) squares += (values[e * width + c * inner + i]! - center) ** 2
      mean.push(center)
      variance.push(squares / count)
    }
    return { mean, variance }
  }
}

async function driftOf(
  module: AnyModule,
  { mean, variance }: Moments,
): Promise<Pick<BatchNormAnalysis, "meanDrift" | "varianceDrift">> {
  const { runningMean, runningVar } = module as { runningMean?: Tensor | null; runningVar?: Tensor | null }
  if (!runningMean || !runningVar) return { meanDrift: null, varianceDrift: null }
  const [means, variances] = await Promise.all([runningMean.data(), runningVar.data()])
  return {
    meanDrift: rms(mean.map((m, c) => (means[c]! - m) / Math.sqrt(variance[c]!))),
    varianceDrift: rms(variance.map((v, c) => Math.log(variances[c]! / v))),
  }
}

function rms(values: ArrayLike<number>): number {
  const list = Array.from(values)
  return Math.sqrt(list.reduce((sum, v) => sum + v * v, 0) / list.length)
}
