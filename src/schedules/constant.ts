import { checkRates } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

/**
 * The same rate at every step.
 *
 *     rate(t) = rate
 *
 * @throws NABLA_INVALID_ARGUMENT for a rate that is negative or not finite
 *
 * @example const optimizer = new optim.SGD(model.parameters(), { lr: schedules.constant(0.1) })
 */
export function constant(rate: number): Schedule {
  checkRates("constant", { rate })
  return schedule("constant", () => rate)
}
