import { NablaError } from "../base/index.ts"
import { checkNames, checkWord } from "./check.ts"
import type { PastEnd, Schedule } from "./schedule.ts"
import { endingSchedule } from "./schedule.ts"

/** A rate that holds from a step on. */
export interface RateChange {
  readonly step: number
  readonly rate: number
}

/** Rates as they were set while a training ran; it can be kept as JSON. */
export interface RateRecord {
  readonly format: "nabla.rates"
  readonly version: 1
  /** Number of steps that were made. */
  readonly steps: number
  /** In order of their steps; the first one is that of step 0. */
  readonly changes: readonly RateChange[]
}

/**
 * A recorded schedule once more.
 *
 *     rate(t) = the rate of the last change at or before t
 *
 * @param record what GraduateStudent.toJSON gave, or JSON.parse of its file
 * @param options.past after the last recorded step: "error" (default), or "hold" keeps the last rate
 * @throws NABLA_FILE_FORMAT for something that is no such record, with what is wrong
 * @throws NABLA_INVALID_ARGUMENT when asked for a step past the end, unless `past` is "hold"
 *
 * @example const again = schedules.replay(JSON.parse(readFileSync("run/rates.json", "utf8")), { past: "hold" })
 */
export function replay(record: RateRecord, options: { readonly past?: PastEnd } = {}): Schedule {
  checkNames("replay", options, ["past"])
  const { past = "error" } = options
  checkWord("replay", "past", past, ["error", "hold"])
  const { steps, changes } = checkRecord(record)
  return endingSchedule("replay", steps, past, (t) => rateAt(changes, t))
}

/** The rate of the last change at or before a step. */
export function rateAt(changes: readonly RateChange[], step: number): number {
  let [low, high] = [0, changes.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (changes[middle]!.step <= step) low = middle
    else high = middle - 1
  }
  return changes[low]!.rate
}

/** @throws NABLA_FILE_FORMAT with the first thing that is wrong */
export function checkRecord(record: unknown): RateRecord {
  const problem = problemOf(record)
  if (problem === null) return record as RateRecord
  throw new NablaError("NABLA_FILE_FORMAT", {
    message: "this is no record of learning rates",
    expected:
      '{ "format": "nabla.rates", "version": 1, "steps": 100, "changes": [{ "step": 0, "rate": 0.1 }] }',
    got: problem,
    where: "replay",
    hint: "take the file that a training with the schedule graduateStudent has written",
  })
}

function problemOf(record: unknown): string | null {
  if (typeof record !== "object" || record === null) return String(record)
  const { format, version, steps, changes } = record as Partial<Record<keyof RateRecord, unknown>>
  if (format !== "nabla.rates") return `format ${JSON.stringify(format)}`
  if (version !== 1) return `version ${JSON.stringify(version)}`
  if (!isCount(steps)) return `steps ${JSON.stringify(steps)}`
  if (!Array.isArray(changes) || changes.length === 0) return "no changes"
  let before = -1
  for (const [i, change] of changes.entries()) {
    const { step, rate } = (change ?? {}) as Partial<RateChange>
    if (!isCount(step) || step <= before || (i === 0 && step !== 0))
      return `changes[${i}] at step ${JSON.stringify(step)}, after ${i === 0 ? "nothing" : `step ${before}`}`
    if (typeof rate !== "number" || !Number.isFinite(rate) || rate < 0)
      return `changes[${i}] with rate ${JSON.stringify(rate)}`
    before = step
  }
  return null
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
}
