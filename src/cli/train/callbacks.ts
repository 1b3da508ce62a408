import type { FitListener, FitOptions } from "../../train/index.ts"
import { EarlyStopping, WeightEMA } from "../../train/index.ts"
import type { TrainOptions } from "./train-settings.ts"

/** What the options of the command line say to fit: callbacks, and how steps are made. */
export function callbacksFor({ earlyStopping, ema }: TrainOptions): FitListener[] {
  const callbacks: FitListener[] = []
  if (ema !== undefined) callbacks.push(new WeightEMA({ decay: ema }))
  // After the average: what is evaluated, and restored in the end, is the average as it was in the best epoch.
  const weights = ema === undefined ? "trained" : "evaluated"
  if (earlyStopping !== undefined) callbacks.push(new EarlyStopping({ patience: earlyStopping, weights }))
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
