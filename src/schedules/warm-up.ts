import { checkFunctions, checkNames, checkNumbers, checkWord } from "./check.ts"
import { cosineBetween, lineBetween } from "./cosine.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

export const warmUpShapes = ["linear", "cosine", "constant"] as const

export interface WarmUpOptions {
  /** The factor at step 0. Default: 0.1. */
  readonly from?: number
  /** The way from there to 1; "constant" stays at `from` all the while. Default: "linear". */
  readonly shape?: (typeof warmUpShapes)[number]
}

/**
 * Small steps first, then any schedule from its own beginning (Goyal et al., arXiv:1706.02677v2, section 2.2).
 *
 *     rate(t) = s(0)·f(t)      f: from `from` up to 1 at t = steps
 *     rate(t) = s(t − steps)   after that
 *
 * @throws NABLA_INVALID_ARGUMENT for no schedule, steps that are no whole number ≥ 0, a factor outside of [0, 1], or an
 *   unknown shape
 *
 * @example const schedule = schedules.warmUp(schedules.cosine(0.1, 9500), 500)
 */
export function warmUp(after: Schedule, steps: number, options: WarmUpOptions = {}): Schedule {
  checkNames("warmUp", options, ["from", "shape"])
  const { from = 0.1, shape = "linear" } = options
  checkFunctions("warmUp", { schedule: after })
  checkNumbers("warmUp", { steps }, { min: 0, whole: true })
  checkNumbers("warmUp", { from }, { min: 0, max: 1 })
  checkWord("warmUp", "shape", shape, warmUpShapes)
  const factor = {
    linear: (share: number) => lineBetween(from, 1, share),
    cosine: (share: number) => cosineBetween(from, 1, share),
    constant: () => from,
  }[shape]
  return schedule("warmUp", (t) => (t < steps ? after(0) * factor(t / steps) : after(t - steps)))
}
