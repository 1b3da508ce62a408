import type { CheckpointOptions } from "../../train/node.ts"
import { invalidOption } from "../terminal/option-values.ts"
import type { TrainOptions } from "./train-settings.ts"

/** Seconds between two checkpoints within a long epoch, where nothing is asked for. */
const USUAL_SECONDS = 60

const pattern = /^([1-9]\d*)(ep|s|)$/

/** Holds the value of --checkpoint-every to its form: steps (200), epochs (2ep) or seconds (30s). */
export function checkpointInterval(text: string): string {
  if (pattern.test(text)) return text
  throw invalidOption(
    "--checkpoint-every",
    "a number of steps, of epochs such as 2ep, or of seconds such as 30s",
    text,
  )
}

export function checkpointOptions({ checkpointEvery, keep }: TrainOptions): CheckpointOptions {
  return { ...intervalOf(checkpointEvery), ...(keep === undefined ? {} : { keep }) }
}

function intervalOf(text: string | undefined): CheckpointOptions {
  if (text === undefined) return { everyEpochs: 1, everySeconds: USUAL_SECONDS }
  const [, digits, unit] = pattern.exec(text)!
  const count = Number(digits)
  if (unit === "ep") return { everyEpochs: count }
  return { everyEpochs: 0, ...(unit === "s" ? { everySeconds: count } : { everySteps: count }) }
}
