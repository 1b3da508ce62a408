import { checkNames, checkNumbers, checkRates } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"
import type { StepOptions } from "./step.ts"

/**
 * The rate falls by a factor at each milestone.
 *
 *     rate(t) = rate·γ^(number of milestones ≤ t)
 *
 * A milestone that is given twice counts twice, as in PyTorch.
 *
 * @throws NABLA_INVALID_ARGUMENT for a rate or γ that is negative or not finite, or a milestone that is no step
 *
 * @example const resnet = schedules.multiStep(0.1, [32_000, 48_000])
 */
export function multiStep(rate: number, milestones: readonly number[], options: StepOptions = {}): Schedule {
  checkNames("multiStep", options, ["gamma"])
  const { gamma = 0.1 } = options
  checkRates("multiStep", { rate, gamma })
  checkNumbers("multiStep", namedMilestones(milestones), { min: 0 })
  return schedule("multiStep", (t) => rate * gamma ** milestones.filter((at) => at <= t).length)
}

/** Milestones under names for errors: milestones[0] … */
export function namedMilestones(milestones: readonly number[]): Record<string, number> {
  return Object.fromEntries(milestones.map((value, i) => [`milestones[${i}]`, value]))
}
