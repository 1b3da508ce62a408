import type { EpochEvent, EvaluationEvent, FitListener, StepEvent } from "../../train/index.ts"

/** Seconds between two lines within an epoch. */
const INTERVAL = 1

/** Writes an object as one line, for machines. Numbers that are not finite become null, as JSON has it. */
export function jsonLine(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** Follows a training by a line for each epoch, evaluation and notice, and for a step each second. */
export class JsonLines implements FitListener {
  private printed = Number.NEGATIVE_INFINITY

  onStep({ epoch, batch, batches, step, values, means, lr, seconds }: StepEvent): void {
    if (seconds - this.printed < INTERVAL) return
    this.printed = seconds
    jsonLine({ kind: "step", epoch, batch, batches, step, values, means, lr, seconds })
  }

  onEvaluation(event: EvaluationEvent): void {
    jsonLine({ kind: "evaluation", ...event })
  }

  onEpoch(event: EpochEvent): void {
    jsonLine({ kind: "epoch", ...event })
  }

  onNotice(message: string): void {
    jsonLine({ kind: "notice", message })
  }
}
