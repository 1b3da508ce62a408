import { checkLengths, checkNames, checkRates } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

export interface InverseSquareRootOptions {
  /** Steps on the way up to the rate. Default: 1, no way up. */
  readonly warmUp?: number
}

/**
 * Linear warm-up and then decay with the root of the step (Vaswani et al., arXiv:1706.03762v7, section 5.3).
 *
 *     rate(t) = rate·min((t + 1)/w, √(w/(t + 1)))        w: warmUp
 *
 * The paper's factor is d^(−1/2)·min((t + 1)^(−1/2), (t + 1)·w^(−3/2)), which is this with rate = (d·w)^(−1/2).
 *
 * @throws NABLA_INVALID_ARGUMENT for a rate that is negative or not finite, or a warm-up that is not positive
 *
 * @example const transformer = schedules.inverseSquareRoot(7e-4, { warmUp: 4000 })
 */
export function inverseSquareRoot(rate: number, options: InverseSquareRootOptions = {}): Schedule {
  checkNames("inverseSquareRoot", options, ["warmUp"])
  const { warmUp = 1 } = options
  checkRates("inverseSquareRoot", { rate })
  checkLengths("inverseSquareRoot", { warmUp })
  return schedule("inverseSquareRoot", (t) => rate * Math.min((t + 1) / warmUp, Math.sqrt(warmUp / (t + 1))))
}
