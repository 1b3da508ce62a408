import { checkLengths, checkNames, checkRates } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

export interface StepOptions {
  /** γ ≥ 0, the factor at each fall. Default: 0.1. */
  readonly gamma?: number
}

/**
 * Step decay: the rate falls by a factor every `size` steps, as a staircase.
 *
 *     rate(t) = rate·γ^⌊t/size⌋
 *
 * @throws NABLA_INVALID_ARGUMENT for a rate or γ that is negative or not finite, or a size that is not positive
 *
 * @example const tenth = schedules.step(0.1, 1000) // 0.1, from step 1000 on 0.01, …
 */
export function step(rate: number, size: number, options: StepOptions = {}): Schedule {
  checkNames("step", options, ["gamma"])
  const { gamma = 0.1 } = options
  checkRates("step", { rate, gamma })
  checkLengths("step", { size })
  return schedule("step", (t) => rate * gamma ** Math.floor(t / size))
}
