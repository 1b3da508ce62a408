import { followRun } from "./api.ts"
import { RunRecords } from "./records.ts"

/** A run that is shown: its records so far, and how it is doing. */
export class LiveRun {
  readonly name: string
  readonly records = new RunRecords()
  status = $state("")
  /** Counts up when there are new records. */
  version = $state(0)
  /** Whether no more will come. */
  ended = $state(false)
  /** Ends the following. */
  readonly close: () => void

  constructor(name: string) {
    this.name = name
    this.close = followRun(name, {
      lines: (lines) => {
        this.records.add(lines)
        this.version++
      },
      reset: () => {
        this.records.clear()
        this.version++
      },
      status: (status) => {
        this.status = status
      },
      end: () => {
        this.ended = true
      },
    })
  }
}
