import { checkFunctions, checkRates } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

/**
 * A rate times a function of one's own.
 *
 *     rate(t) = rate·f(t)
 *
 * @throws NABLA_INVALID_ARGUMENT for a rate that is negative or not finite, or an f that is no function
 *
 * @example const halving = schedules.lambda(0.1, (step) => 2 ** -(step / 1000))
 */
export function lambda(rate: number, f: Schedule): Schedule {
  checkRates("lambda", { rate })
  checkFunctions("lambda", { f })
  return schedule("lambda", (step) => rate * f(step))
}
