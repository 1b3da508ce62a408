import { checkFunctions, checkRates } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

/**
 * A rate that each step multiplies by a factor of its own.
 *
 *     rate(t) = rate·f(1)·f(2)·…·f(t)
 *
 * The products are remembered, so that a training asks f once for each step. f has to be pure.
 *
 * @throws NABLA_INVALID_ARGUMENT for a rate that is negative or not finite, or an f that is no function
 *
 * @example const slower = schedules.multiplicative(0.1, (step) => 1 - 1 / (step + 10))
 */
export function multiplicative(rate: number, f: Schedule): Schedule {
  checkRates("multiplicative", { rate })
  checkFunctions("multiplicative", { f })
  const products = [1]
  return schedule("multiplicative", (step) => {
    for (let t = products.length; t <= step; t++) products.push(products[t - 1]! * f(t))
    return rate * products[Math.floor(step)]!
  })
}
