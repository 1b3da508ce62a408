import { checkRates } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

/**
 * Exponential decay: every step multiplies the rate by the same factor.
 *
 *     rate(t) = rate·γ^t
 *
 * @throws NABLA_INVALID_ARGUMENT for a rate or γ that is negative or not finite
 *
 * @example const decaying = schedules.exponential(0.1, 0.999) // a tenth of it after 2302 steps
 */
export function exponential(rate: number, gamma: number): Schedule {
  checkRates("exponential", { rate, gamma })
  return schedule("exponential", (t) => rate * gamma ** t)
}
