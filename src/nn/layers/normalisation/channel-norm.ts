import type { DType } from "../../../base/index.ts"
import { formatShape, NablaError } from "../../../base/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import { add, ones, onesLike, reciprocal, zeros, zerosLike } from "../../../tensor/index.ts"
import { changeState } from "../../assign.ts"
import { checkCount, checkNames } from "../../check.ts"
import type { Members } from "../../module.ts"
import { inSnakeCase, Module } from "../../module.ts"
import { Buffer, Parameter } from "../../parameter.ts"

export interface ChannelNormOptions {
  /** Added to the variance. Default: 1e-5. */
  readonly eps?: number
  /**
   * Share of a batch in the running statistics; null for the plain mean over all batches so far. Default: 0.1.
   */
  readonly momentum?: number | null
  /** Whether γ and β are learned. Default: true for batches, false for instances. */
  readonly affine?: boolean
  /** Whether running statistics are kept. Default: true for batches, false for instances. */
  readonly trackRunningStats?: boolean
  /** Type of parameters and statistics. Default: float32. */
  readonly dtype?: DType
}

export const channelNormOptions = ["eps", "momentum", "affine", "trackRunningStats", "dtype"] as const

/** What batch and instance normalisation hold: γ and β, and running statistics. */
export abstract class ChannelNorm extends Module {
  readonly numFeatures: number
  readonly eps: number
  momentum: number | null
  readonly affine: boolean
  readonly trackRunningStats: boolean
  weight: Parameter | null
  bias: Parameter | null
  runningMean: Buffer | null
  runningVar: Buffer | null
  numBatchesTracked: Buffer | null

  constructor(
    numFeatures: number,
    options: ChannelNormOptions,
    defaultOn: boolean,
    known: readonly string[] = channelNormOptions,
  ) {
    super()
    const where = new.target.name
    checkNames(where, options, known)
    checkCount(where, "numFeatures", numFeatures)
    const { affine = defaultOn, trackRunningStats = defaultOn, dtype = "float32", momentum = 0.1 } = options
    this.numFeatures = numFeatures
    this.eps = options.eps ?? 1e-5
    this.momentum = momentum
    this.affine = affine
    this.trackRunningStats = trackRunningStats
    const size = [numFeatures]
    this.weight = affine ? new Parameter(ones(size, { dtype })) : null
    this.bias = affine ? new Parameter(zeros(size, { dtype })) : null
    this.runningMean = trackRunningStats ? new Buffer(zeros(size, { dtype })) : null
    this.runningVar = trackRunningStats ? new Buffer(ones(size, { dtype })) : null
    this.numBatchesTracked = trackRunningStats ? new Buffer(zeros([], { dtype: "int32" })) : null
  }

  protected override members(): Members {
    return inSnakeCase(this)
  }

  /** Forgets the batches so far: mean 0, variance 1, count 0. */
  resetRunningStats(): void {
    const { runningMean, runningVar, numBatchesTracked } = this
    if (runningMean === null || runningVar === null || numBatchesTracked === null) return
    changeState([
      { target: runningMean, value: zerosLike(runningMean) },
      { target: runningVar, value: onesLike(runningVar) },
      { target: numBatchesTracked, value: zerosLike(numBatchesTracked) },
    ])
  }

  /** Counts a batch; gives its share in the running statistics. */
  protected countBatch(): number | Tensor {
    const counter = this.numBatchesTracked
    if (counter === null) return this.momentum ?? 0
    const count = add(counter, 1)
    changeState([{ target: counter, value: count }])
    return this.momentum ?? reciprocal(count.to(this.runningMean!.dtype))
  }

  /** @throws NABLA_SHAPE_MISMATCH unless the input has one of the numbers of dimensions and the channels in their place */
  protected checkInput(input: Tensor, ndims: readonly number[], channelDim: number, shapes: string): void {
    if (!ndims.includes(input.ndim)) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the input has the wrong number of dimensions",
        where: this.constructor.name,
        expected: shapes,
        got: formatShape(input.shape),
      })
    }
    const channels = input.shape[channelDim]
    if (channels === this.numFeatures) return
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: `expected ${this.numFeatures} channels, got ${channels}`,
      where: this.constructor.name,
      expected: shapes.replaceAll("C", String(this.numFeatures)),
      got: formatShape(input.shape),
    })
  }
}
