/** A learning rate for each step: a pure function of the number of steps made so far (0 for the first step). */
export type Schedule = (step: number) => number

/** rate(step) = value */
export function constant(value: number): Schedule {
  return () => value
}
