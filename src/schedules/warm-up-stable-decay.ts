import { checkNames, checkNumbers, checkRates, checkWord } from "./check.ts"
import { cosineBetween, lineBetween } from "./cosine.ts"
import type { PastEnd, Schedule } from "./schedule.ts"
import { endingSchedule, invalid } from "./schedule.ts"

/** How the rate falls: f(share) goes from 1 to 0. */
const decays = {
  linear: (share: number) => lineBetween(1, 0, share),
  cosine: (share: number) => cosineBetween(1, 0, share),
  squareRoot: (share: number) => 1 - Math.sqrt(share),
} as const

export const decayShapes = Object.keys(decays) as readonly (keyof typeof decays)[]

export interface WarmUpStableDecayOptions {
  /** Steps on the way up. Default: a hundredth of all. */
  readonly warmUp?: number
  /** Steps on the way down. Default: a tenth of all. */
  readonly decay?: number
  /** The form of the way down. Default: "linear"; "squareRoot" is 1 − √share (Hägele et al.). */
  readonly shape?: keyof typeof decays
  /** The rate at the end. Default: 0. */
  readonly min?: number
  /** After the last step. Default: "error". */
  readonly past?: PastEnd
}

/**
 * Warm-up, stable, decay (Hu et al., MiniCPM, arXiv:2404.06395v3; forms of the decay: Hägele et al.,
 * arXiv:2405.18392v3): up in a line, a long stretch at the rate, and down at the end. The middle can be made longer
 * without another beginning.
 *
 *     rate(t) = rate·(t + 1)/warmUp                            t < warmUp
 *     rate(t) = rate                                           t < total − decay
 *     rate(t) = min + (rate − min)·f((t − total + decay)/decay)   f from 1 to 0
 *
 * @throws NABLA_INVALID_ARGUMENT for numbers out of range, or a warm-up and a decay that do not fit into the total; when
 *   asked for a step past `total`, unless `past` is "hold"
 *
 * @example const schedule = schedules.warmUpStableDecay(1e-3, 10_000, { warmUp: 200, decay: 2000, shape: "squareRoot" })
 */
export function warmUpStableDecay(
  rate: number,
  total: number,
  options: WarmUpStableDecayOptions = {},
): Schedule {
  const where = "warmUpStableDecay"
  checkNames(where, options, ["warmUp", "decay", "shape", "min", "past"])
  checkNumbers(where, { total }, { min: 1 })
  const { warmUp = Math.round(total / 100), decay = Math.round(total / 10) } = options
  const { shape = "linear", min = 0, past = "error" } = options
  checkRates(where, { rate, min })
  checkNumbers(where, { warmUp, decay }, { min: 0 })
  checkWord(where, "shape", shape, decayShapes)
  checkWord(where, "past", past, ["error", "hold"])
  if (warmUp + decay > total) {
    const expected = `together at most the total, ${total}`
    throw invalid(where, "warm-up and decay do not fit", expected, `${warmUp} + ${decay}`)
  }
  const fall = decays[shape]
  return endingSchedule(where, total, past, (t) => {
    if (t < warmUp) return (rate * (t + 1)) / warmUp
    const into = t - (total - decay)
    return into <= 0 || decay === 0 ? rate : min + (rate - min) * fall(into / decay)
  })
}
