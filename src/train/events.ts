import type { AnyModule } from "../nn/index.ts"
import type { Values } from "./metrics/index.ts"
import type { Steppable } from "./step.ts"

/** Told once, before the first step. */
export interface StartEvent {
  readonly epochs: number
  /** In an epoch; absent when the data does not say how many batches it has. */
  readonly batches?: number
}

/** Told after each step of the optimizer. */
export interface StepEvent {
  /** From 1. */
  readonly epoch: number
  readonly epochs: number
  /** In this epoch, from 1. */
  readonly batch: number
  readonly batches?: number
  /** Since the training began, from 1. */
  readonly step: number
  /** In this batch. */
  readonly samples: number
  /** Of this batch, before the step. */
  readonly values: Values
  /** Over the epoch so far. */
  readonly means: Values
  /** Since the training began. */
  readonly seconds: number
  /** The learning rate of the step, of optimizers that tell it. */
  readonly lr?: number
}

/** Told after an evaluation within an epoch. */
export interface EvaluationEvent {
  readonly epoch: number
  readonly step: number
  readonly test: Values
  readonly seconds: number
}

/** Told after each epoch and its evaluation. */
export interface EpochEvent {
  readonly epoch: number
  readonly epochs: number
  readonly step: number
  /** Over the epoch, while the model was changing. */
  readonly train: Values
  /** On the held-out data, after the epoch. */
  readonly test?: Values
  readonly seconds: number
  /** Of training; evaluation is not counted. */
  readonly samplesPerSecond: number
  /** Share of the training's seconds that went by until batches were there: read, put together, augmented. */
  readonly dataWaitShare: number
}

export type FitStatus = "completed" | "interrupted" | "failed"

/** Told once, however the training ended. */
export interface EndEvent {
  readonly status: FitStatus
  /** Finished steps. */
  readonly steps: number
  /** Finished epochs. */
  readonly epochs: readonly EpochEvent[]
  readonly seconds: number
  /** Of training; evaluation is not counted. */
  readonly samplesPerSecond: number
  /** Share of the training's seconds that went by until batches were there: read, put together, augmented. */
  readonly dataWaitShare: number
  /** Why it failed. */
  readonly error?: unknown
  /** Why a callback ended it before its time; its status is then "completed". */
  readonly stopped?: string
}

/** The training, for those who change something about it. */
export interface TrainingHandle {
  readonly model: AnyModule
  readonly optimizer: Steppable
  /** Ends the training after the step or epoch at hand. */
  stop(reason: string): void
}

/**
 * Follows a training, or acts on it. A listener may be asynchronous: the training waits for it. What it throws ends the
 * training as failed. Nothing of it is part of the captured step.
 */
export interface FitListener {
  onStart?(event: StartEvent, training: TrainingHandle): void | Promise<void>
  /** Something that the user should know and that does not end the training. */
  onNotice?(message: string): void | Promise<void>
  onStep?(event: StepEvent, training: TrainingHandle): void | Promise<void>
  /** Before and after each pass over the held-out data, such as to evaluate other weights than those that are trained. */
  beforeEvaluation?(training: TrainingHandle): void | Promise<void>
  afterEvaluation?(training: TrainingHandle): void | Promise<void>
  onEvaluation?(event: EvaluationEvent, training: TrainingHandle): void | Promise<void>
  onEpoch?(event: EpochEvent, training: TrainingHandle): void | Promise<void>
  onEnd?(event: EndEvent, training: TrainingHandle): void | Promise<void>
}
