import { checkLengths, checkNames, checkNumbers, checkRates } from "./check.ts"
import { cosineBetween } from "./cosine.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

export interface CosineRestartsOptions {
  /** T_mult ≥ 1: how much longer each period is than the one before. Default: 1. */
  readonly multiple?: number
  /** The rate at the end of a period. Default: 0. */
  readonly min?: number
}

/**
 * Cosine annealing with warm restarts (Loshchilov & Hutter, SGDR, arXiv:1608.03983v5, equation 5).
 *
 *     rate(t) = min + (rate − min)·(1 + cos(π·s/T))/2
 *
 * s counts from the last restart; the periods T are period, period·multiple, period·multiple², …
 *
 * @throws NABLA_INVALID_ARGUMENT for rates that are negative or not finite, a period that is not positive, or a
 *   multiple below 1
 *
 * @example const restarting = schedules.cosineRestarts(0.1, 1000, { multiple: 2 }) // restarts at 1000, 3000, 7000, …
 */
export function cosineRestarts(rate: number, period: number, options: CosineRestartsOptions = {}): Schedule {
  checkNames("cosineRestarts", options, ["multiple", "min"])
  const { multiple = 1, min = 0 } = options
  checkRates("cosineRestarts", { rate, min })
  checkLengths("cosineRestarts", { period })
  checkNumbers("cosineRestarts", { multiple }, { min: 1 })
  return schedule("cosineRestarts", (t) => {
    const { since, length } = periodAt(t, period, multiple)
    return cosineBetween(rate, min, since / length)
  })
}

function periodAt(t: number, period: number, multiple: number): { since: number; length: number } {
  if (multiple === 1) return { since: t % period, length: period }
  let [since, length] = [t, period]
  while (since >= length) {
    since -= length
    length *= multiple
  }
  return { since, length }
}
