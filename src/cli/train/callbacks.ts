import type { FitListener, FitOptions } from "../../train/index.ts"
import { EarlyStopping, WeightEMA } from "../../train/index.ts"
import type { TrainOptions } from "./train-settings.ts"

/** What the options of the command line say to fit: callbacks, and how steps are made. */
export function callbacksFor({ earlyStopping, ema }: TrainOptions): FitListener[] {
  const callbacks: FitListener[] = []
  // With an average it is the average that is evaluated, and that the run ends with.
  if (earlyStopping !== undefined)
    callbacks.push(new EarlyStopping({ patience: earlyStopping, restoreBest: ema === undefined }))
  if (ema !== undefined) callbacks.push(new WeightEMA({ decay: ema }))
  return callbacks
}

export function stepOptions({
  accumulate,
  clipNorm,
  evaluateEvery,
}: TrainOptions): Pick<FitOptions, "accumulate" | "clipGradNorm" | "evaluateEvery"> {
  return {
    ...(accumulate !== undefined && { accumulate }),
    ...(clipNorm !== undefined && { clipGradNorm: clipNorm }),
    ...(evaluateEvery !== undefined && { evaluateEvery }),
  }
}
