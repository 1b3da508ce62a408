import type { Values } from "./metrics.ts"

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
  /** Why it failed. */
  readonly error?: unknown
}

/**
 * Follows a training. A listener may be asynchronous: the training waits for it. What it throws ends the training as
 * failed.
 */
export interface FitListener {
  onStart?(event: StartEvent): void | Promise<void>
  /** Something that the user should know and that does not end the training. */
  onNotice?(message: string): void | Promise<void>
  onStep?(event: StepEvent): void | Promise<void>
  onEpoch?(event: EpochEvent): void | Promise<void>
  onEnd?(event: EndEvent): void | Promise<void>
}
