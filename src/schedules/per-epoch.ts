import { checkFunctions, checkLengths } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

/**
 * A schedule that counts in epochs, for an optimizer that counts in steps.
 *
 *     rate(t) = s(⌊t/stepsPerEpoch⌋)
 *
 * @throws NABLA_INVALID_ARGUMENT for no schedule, or a number of steps that is not positive
 *
 * @example const schedule = schedules.perEpoch(schedules.step(0.1, 30), loader.length)
 */
export function perEpoch(byEpoch: Schedule, stepsPerEpoch: number): Schedule {
  checkFunctions("perEpoch", { schedule: byEpoch })
  checkLengths("perEpoch", { stepsPerEpoch })
  return schedule("perEpoch", (t) => byEpoch(Math.floor(t / stepsPerEpoch)))
}
