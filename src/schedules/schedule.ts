import { NablaError } from "../base/index.ts"

/** A learning rate for each step: a pure function of the number of steps made so far (0 for the first step). */
export type Schedule = (step: number) => number

/**
 * What a schedule does when it is asked for steps after its last one: "error" throws, "hold" keeps the last rate. The
 * question right after the last step (what would come next) is always answered.
 */
export type PastEnd = "error" | "hold"

/**
 * A schedule from a formula, which is then asked for steps only.
 *
 * @throws NABLA_INVALID_ARGUMENT, when it is asked, for a step that is negative or not finite
 */
export function schedule(where: string, formula: (step: number) => number): Schedule {
  return (step) => {
    if (Number.isFinite(step) && step >= 0) return formula(step)
    throw invalid(where, "this is no step", "a finite number ≥ 0", String(step))
  }
}

/**
 * A schedule with a last step.
 *
 * @throws NABLA_INVALID_ARGUMENT, when it is asked, for a step after the end unless `past` is "hold"
 */
export function endingSchedule(
  where: string,
  total: number,
  past: PastEnd,
  formula: (step: number) => number,
): Schedule {
  return schedule(where, (step) => {
    if (step <= total || past === "hold") return formula(Math.min(step, total))
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the schedule is past its end",
      where,
      expected: `a step before ${total}`,
      got: `step ${step}`,
      hint: 'make the schedule as long as the training, or give { past: "hold" } to keep its last rate',
    })
  })
}

/** An error about an argument of a schedule. */
export function invalid(where: string, message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", { message, where, expected, got })
}
