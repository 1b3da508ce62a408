import type { EpochEvent, EvaluationEvent, StepEvent } from "./events.ts"
import type { Values } from "./metrics/index.ts"

/** A line of metrics.jsonl about a step: its loss and metrics stand beside these. */
export interface StepRecord {
  readonly kind: "step"
  readonly step: number
  readonly epoch: number
  readonly samples: number
  readonly seconds: number
  readonly [metric: string]: number | string
}

/** A line of metrics.jsonl about an evaluation within an epoch. */
export interface EvaluationRecord extends EvaluationEvent {
  readonly kind: "evaluation"
}

/** A line of metrics.jsonl about an epoch. */
export interface EpochRecord {
  readonly kind: "epoch"
  readonly epoch: number
  readonly step: number
  readonly train: Values
  readonly test?: Values
  readonly seconds: number
  readonly samplesPerSecond: number
  readonly dataWaitShare?: number
}

export type MetricsRecord = StepRecord | EvaluationRecord | EpochRecord

const kinds: ReadonlySet<unknown> = new Set(["step", "evaluation", "epoch"])

export function stepRecord({ epoch, step, samples, values, lr, seconds }: StepEvent): StepRecord {
  const rate = lr === undefined ? {} : { lr }
  return { kind: "step", step, epoch, samples, ...values, ...rate, seconds: rounded(seconds) }
}

export function evaluationRecord({ epoch, step, test, seconds }: EvaluationEvent): EvaluationRecord {
  return { kind: "evaluation", epoch, step, test, seconds: rounded(seconds) }
}

export function epochRecord(event: EpochEvent): EpochRecord {
  const { epoch, step, train, test, seconds, samplesPerSecond, dataWaitShare } = event
  const times = {
    seconds: rounded(seconds),
    samplesPerSecond: rounded(samplesPerSecond),
    dataWaitShare: rounded(dataWaitShare),
  }
  return { kind: "epoch", epoch, step, train, ...(test && { test }), ...times }
}

/** The records of a metrics.jsonl; a last line that was not finished is left out, and whatever is no record. */
export function parseRecords(text: string): MetricsRecord[] {
  return text.split("\n").flatMap((line) => {
    try {
      const record = JSON.parse(line) as MetricsRecord
      return kinds.has(record?.kind) ? [record] : []
    } catch {
      return []
    }
  })
}

/** Times are measured to the millisecond. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
