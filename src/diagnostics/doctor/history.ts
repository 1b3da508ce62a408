/**
 * What is known of a step or an epoch of a training so far: `{ step, loss, lr }`, `{ epoch, train: { loss }, test }`, or
 * a line of a run's metrics.jsonl.
 */
export interface HistoryRecord {
  readonly step?: number
  readonly epoch?: number
  readonly [name: string]: unknown
}

export interface StepPoint {
  readonly step: number
  readonly loss: number
  readonly lr: number | null
}

export interface EpochPoint {
  readonly epoch: number
  readonly step: number
  readonly trainLoss: number
  readonly testLoss: number | null
  readonly trainAccuracy: number | null
  readonly testAccuracy: number | null
}

/** Curves of a training, from whatever records there are. */
export interface TrainingHistory {
  readonly steps: readonly StepPoint[]
  readonly epochs: readonly EpochPoint[]
}

/** Sorts records into steps and epochs; those without a loss are left out. */
export function readHistory(records: readonly HistoryRecord[]): TrainingHistory {
  const steps: StepPoint[] = []
  const epochs: EpochPoint[] = []
  records.forEach((record, i) => {
    if (isEpoch(record)) epochs.push(epochPoint(record, epochs.length))
    else if (typeof record.loss === "number")
      steps.push({ step: record.step ?? i + 1, loss: record.loss, lr: optional(record.lr) })
  })
  return { steps, epochs }
}

function isEpoch(record: HistoryRecord): boolean {
  if (record.kind !== undefined) return record.kind === "epoch"
  return record.step === undefined || record.train !== undefined
    ? record.train !== undefined || record.trainLoss !== undefined || record.testLoss !== undefined
    : false
}

function epochPoint(record: HistoryRecord, before: number): EpochPoint {
  const train = values(record.train)
  const test = values(record.test)
  return {
    epoch: record.epoch ?? before + 1,
    step: record.step ?? before + 1,
    trainLoss: optional(train.loss ?? record.trainLoss ?? record.loss) ?? NaN,
    testLoss: optional(test.loss ?? record.testLoss),
    trainAccuracy: optional(train.accuracy ?? record.trainAccuracy ?? record.accuracy),
    testAccuracy: optional(test.accuracy ?? record.testAccuracy),
  }
}

function values(part: unknown): Readonly<Record<string, unknown>> {
  return typeof part === "object" && part !== null ? (part as Record<string, unknown>) : {}
}

function optional(value: unknown): number | null {
  return typeof value === "number" ? value : null
}
