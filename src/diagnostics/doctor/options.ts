import type { Module } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import type { Batch } from "../objective.ts"
import type { HistoryRecord } from "./history.ts"
import type { RawStep } from "./measurements/short-training.ts"
import type { OptimizerLike } from "./optimizer-settings.ts"

export interface DiagnoseOptions {
  /** As it is used in the training; what concerns rates and steps is skipped without it. */
  readonly optimizer?: OptimizerLike
  /** Mean loss of a batch. Default: crossEntropy. */
  readonly loss?: (output: Tensor, target: Tensor) => Tensor
  /** Held-out data. */
  readonly test?: Batch | Iterable<Batch>
  /** Steps and epochs so far, such as `{ step, loss, lr }` and `{ epoch, train: { loss }, test: { loss } }`. */
  readonly history?: readonly HistoryRecord[]
  /** The rate by the step, if something other than the optimizer sets it. */
  readonly schedule?: (step: number) => number
  /** Steps that the training is meant to take. */
  readonly totalSteps?: number
  /** One step of the loop as it is written; what it does is watched. It is run some dozens of times and then undone. */
  readonly step?: RawStep
  /** The evaluation as it is written; the modes that it leaves the model in are watched. */
  readonly evaluate?: () => unknown
  /** The same model as it was before the training, if there is one. */
  readonly initial?: Module<readonly [Tensor], Tensor>
  /** Whether the model has been trained. Default: whether there is a history, or the optimizer has made steps. */
  readonly trained?: boolean
  /** Steps of the trial training. Default: 60. */
  readonly trialSteps?: number
}
