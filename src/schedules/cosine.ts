import { checkLengths, checkNames, checkRates, checkWord } from "./check.ts"
import type { PastEnd, Schedule } from "./schedule.ts"
import { endingSchedule, schedule } from "./schedule.ts"

export interface CosineOptions {
  /** The rate at the end. Default: 0. */
  readonly min?: number
  /**
   * After `total`: "error" (default), "hold" stays at `min`, "wave" goes up again along the cosine, as PyTorch's
   * CosineAnnealingLR does.
   */
  readonly past?: PastEnd | "wave"
}

/**
 * Half a cosine from the rate down to `min` (Loshchilov & Hutter, SGDR, arXiv:1608.03983v5, without its restarts).
 *
 *     rate(t) = min + (rate − min)·(1 + cos(π·t/total))/2
 *
 * @throws NABLA_INVALID_ARGUMENT for rates that are negative or not finite, or a total that is not positive; when asked
 *   for a step past `total`, unless `past` says otherwise
 *
 * @example const annealed = schedules.cosine(0.1, 10_000, { min: 1e-4 })
 */
export function cosine(rate: number, total: number, options: CosineOptions = {}): Schedule {
  checkNames("cosine", options, ["min", "past"])
  const { min = 0, past = "error" } = options
  checkRates("cosine", { rate, min })
  checkLengths("cosine", { total })
  checkWord("cosine", "past", past, ["error", "hold", "wave"])
  const formula = (t: number): number => cosineBetween(rate, min, t / total)
  return past === "wave" ? schedule("cosine", formula) : endingSchedule("cosine", total, past, formula)
}

/** The cosine from one value to another; `share` runs from 0 to 1. */
export function cosineBetween(from: number, to: number, share: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2
}

/** The straight line from one value to another. */
export function lineBetween(from: number, to: number, share: number): number {
  return from + (to - from) * share
}
