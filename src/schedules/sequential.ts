import { checkFunctions, checkNumbers } from "./check.ts"
import { namedMilestones } from "./multi-step.ts"
import type { Schedule } from "./schedule.ts"
import { invalid, schedule } from "./schedule.ts"

/**
 * Schedules one after another, each from its own beginning.
 *
 *     rate(t) = sᵢ(t − mᵢ₋₁)   for mᵢ₋₁ ≤ t < mᵢ, with m₋₁ = 0
 *
 * @param milestones where the second schedule begins, the third, …: one fewer than there are schedules
 * @throws NABLA_INVALID_ARGUMENT for a number of milestones that does not fit, or milestones that do not rise
 *
 * @example const two = schedules.sequential([schedules.constant(0.1), schedules.exponential(0.1, 0.99)], [1000])
 */
export function sequential(parts: readonly Schedule[], milestones: readonly number[]): Schedule {
  checkFunctions("sequential", Object.fromEntries(parts.map((part, i) => [`schedules[${i}]`, part])))
  if (parts.length === 0 || milestones.length !== parts.length - 1) {
    const got = `${parts.length} schedules and ${milestones.length} milestones`
    throw invalid("sequential", "the numbers do not fit", "one milestone fewer than schedules", got)
  }
  checkNumbers("sequential", namedMilestones(milestones), { min: 0 })
  if (milestones.some((at, i) => i > 0 && at <= milestones[i - 1]!))
    throw invalid(
      "sequential",
      "the milestones do not rise",
      "each above the one before",
      milestones.join(", "),
    )
  return schedule("sequential", (t) => {
    const at = milestones.filter((milestone) => milestone <= t).length
    return parts[at]!(at === 0 ? t : t - milestones[at - 1]!)
  })
}
