import { join } from "node:path"
import type { EpochEvent, EvaluationEvent, StepEvent } from "./events.ts"
import { LogFile } from "./log-file.ts"
import type { MetricsRecord } from "./metrics-records.ts"
import { epochRecord, evaluationRecord, parseRecords, stepRecord } from "./metrics-records.ts"

/** Lengths of the files at a step, in bytes. */
export interface MetricsLogState {
  readonly jsonl: number
  readonly csv: number
  /** Columns of the CSV file; null before its first row. */
  readonly columns: readonly string[] | null
}

const NOTHING: MetricsLogState = { jsonl: 0, csv: 0, columns: null }

/** Columns that every table has. */
const FIRST = ["kind", "step", "epoch", "samples", "seconds"]

/**
 * The numbers of a run as they come, line by line: metrics.jsonl with an object for each step and each epoch, and
 * metrics.csv with the same as a table, whose columns are settled by the first row.
 */
export class MetricsLog {
  private readonly jsonl: LogFile
  private readonly csv: LogFile
  private columns: readonly string[] | null = null

  /** @throws NABLA_FILE_WRITE when the system refuses */
  constructor(folder: string) {
    this.jsonl = new LogFile(join(folder, "metrics.jsonl"))
    this.csv = new LogFile(join(folder, "metrics.csv"))
  }

  step(event: StepEvent): void {
    this.add(stepRecord(event))
  }

  evaluation(event: EvaluationEvent): void {
    this.add(evaluationRecord(event))
  }

  epoch(event: EpochEvent): void {
    this.add(epochRecord(event))
  }

  /** The lines so far, synced. */
  state(): MetricsLogState {
    this.jsonl.sync()
    this.csv.sync()
    return { jsonl: this.jsonl.bytes, csv: this.csv.bytes, columns: this.columns }
  }

  /**
   * Goes back to what there was at a step; what came later is cut off, since it will come again.
   *
   * @param step the number of that step
   * @returns false when lines were missing: then those are left that belong to steps up to that one
   */
  rewind(state: MetricsLogState | null, step: number): boolean {
    const { jsonl, csv, columns } = state ?? NOTHING
    this.columns = columns
    const whole = [this.jsonl.cutTo(jsonl), this.csv.cutTo(csv)].every(Boolean)
    if (!whole) this.mend(step)
    return whole
  }

  close(): void {
    this.jsonl.close()
    this.csv.close()
  }

  private add(record: MetricsRecord): void {
    this.jsonl.append(JSON.stringify(record))
    for (const line of this.rows(record)) this.csv.append(line)
  }

  private mend(step: number): void {
    const records = parseRecords(this.jsonl.text()).filter((record) => record.step <= step)
    this.jsonl.replace(records.map((record) => JSON.stringify(record)))
    this.columns = null
    this.csv.replace(records.flatMap((record) => this.rows(record)))
  }

  /** A record as a row of the table, after the head if it is the first. */
  private rows(record: MetricsRecord): string[] {
    const cells = cellsOf(record)
    const head = this.columns === null
    this.columns ??= headOf(record)
    const row = this.columns.map((name) => quoted(String(cells[name] ?? ""))).join(",")
    return head ? [this.columns.map(quoted).join(","), row] : [row]
  }
}

const valuesOf = (record: MetricsRecord): Readonly<Record<string, unknown>> => {
  if (record.kind === "epoch") return record.train
  if (record.kind === "evaluation") return {}
  return Object.fromEntries(Object.entries(record).filter(([name]) => !FIRST.includes(name)))
}

function headOf(record: MetricsRecord): string[] {
  const names = Object.keys(record.kind === "evaluation" ? record.test : valuesOf(record))
  const measured = names.filter((name) => name !== "lr")
  return [...FIRST, ...names, ...measured.map((name) => `test_${name}`)]
}

function cellsOf(record: MetricsRecord): Readonly<Record<string, unknown>> {
  const held = Object.entries(record.kind === "step" ? {} : (record.test ?? {}))
  return {
    ...record,
    ...valuesOf(record),
    ...Object.fromEntries(held.map(([name, value]) => [`test_${name}`, value])),
  }
}

function quoted(cell: string): string {
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
