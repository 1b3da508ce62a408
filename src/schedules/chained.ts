import { checkFunctions, checkRates } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

/**
 * A rate times several schedules at once, each of them a factor.
 *
 *     rate(t) = rate·s₁(t)·s₂(t)·…
 *
 * @throws NABLA_INVALID_ARGUMENT for a rate that is negative or not finite, or a factor that is no schedule
 *
 * @example const both = schedules.chained(0.1, schedules.linear(0.1, 1, 500), schedules.exponential(1, 0.9995))
 */
export function chained(rate: number, ...factors: readonly Schedule[]): Schedule {
  checkRates("chained", { rate })
  checkFunctions("chained", Object.fromEntries(factors.map((factor, i) => [`factors[${i}]`, factor])))
  return schedule("chained", (t) => factors.reduce((product, factor) => product * factor(t), rate))
}
