import { checkLengths, checkNames, checkNumbers, checkRates } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

export interface PolynomialOptions {
  /** p ≥ 0. Default: 1, a straight line. */
  readonly power?: number
  /** The rate from `total` on. Default: 0. */
  readonly end?: number
}

/**
 * Polynomial decay, which then stays where it has arrived.
 *
 *     rate(t) = end + (rate − end)·(1 − min(t, total)/total)^p
 *
 * @throws NABLA_INVALID_ARGUMENT for numbers that are negative or not finite, or a total that is not positive
 *
 * @example const deepLab = schedules.polynomial(0.007, 30_000, { power: 0.9 })
 */
export function polynomial(rate: number, total: number, options: PolynomialOptions = {}): Schedule {
  checkNames("polynomial", options, ["power", "end"])
  const { power = 1, end = 0 } = options
  checkRates("polynomial", { rate, end })
  checkNumbers("polynomial", { power }, { min: 0 })
  checkLengths("polynomial", { total })
  return schedule("polynomial", (t) => end + (rate - end) * (1 - Math.min(t, total) / total) ** power)
}
