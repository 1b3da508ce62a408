import { checkLengths, checkRates } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

/**
 * A straight line from one rate to another, which then stays there.
 *
 *     rate(t) = start + (end − start)·min(t, total)/total
 *
 * @throws NABLA_INVALID_ARGUMENT for rates that are negative or not finite, or a total that is not positive
 *
 * @example const falling = schedules.linear(0.1, 0, 10_000)
 */
export function linear(start: number, end: number, total: number): Schedule {
  checkRates("linear", { start, end })
  checkLengths("linear", { total })
  return schedule("linear", (t) => start + (end - start) * (Math.min(t, total) / total))
}
