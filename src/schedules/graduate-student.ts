import { checkRates } from "./check.ts"
import type { RateChange, RateRecord } from "./replay.ts"
import { checkRecord, rateAt } from "./replay.ts"
import type { Schedule } from "./schedule.ts"
import { invalid, schedule } from "./schedule.ts"

/**
 * "Graduate student descent": the rate is set by hand while the training runs, by keys, a knob or a file; what was set
 * at which step is recorded, and can be replayed as a schedule.
 *
 *     rate(t) = what was last set before step t was asked for
 *
 * Steps before the last one that was asked for keep their rates, so that the record says what the training did.
 *
 * @throws NABLA_INVALID_ARGUMENT for a rate that is negative or not finite
 *
 * Attributes: rate – the rate of the next step (at first what the constructor was given); changes – the steps at which
 * it changed (at first step 0 alone); steps – how many steps have been asked for (at first 0).
 *
 * @example
 * const student = new schedules.GraduateStudent(0.1)
 * const optimizer = new optim.SGD(model.parameters(), { lr: student.schedule })
 * knob.oninput = () => student.set(Number(knob.value))
 * // Afterwards:
 * const again = schedules.replay(student.toJSON())
 */
export class GraduateStudent {
  /** For an optimizer's `lr`. */
  readonly schedule: Schedule = schedule("GraduateStudent", (step) => this.ask(step))
  private recorded: RateChange[]
  private asked: number
  private next: number

  /** @param from the first rate, or a record to go on with */
  constructor(from: number | RateRecord) {
    if (typeof from === "number") {
      checkRates("GraduateStudent", { rate: from })
      this.recorded = [{ step: 0, rate: from }]
      this.asked = 0
    } else {
      const { changes, steps } = checkRecord(from)
      this.recorded = changes.filter(({ step }) => step < Math.max(1, steps))
      this.asked = steps
    }
    this.next = this.recorded.at(-1)!.rate
  }

  get rate(): number {
    return this.next
  }

  get steps(): number {
    return this.asked
  }

  get changes(): readonly RateChange[] {
    return this.recorded
  }

  /** Sets the rate from the next step on. */
  set(rate: number): void {
    checkRates("GraduateStudent.set", { rate })
    this.next = rate
  }

  /** Multiplies the rate from the next step on. */
  scale(factor: number): void {
    checkRates("GraduateStudent.scale", { factor })
    if (!Number.isFinite(this.next * factor))
      throw invalid(
        "GraduateStudent.scale",
        "the rate would not be finite",
        "a smaller factor",
        String(factor),
      )
    this.next *= factor
  }

  /** The record, with the rate that is set for the next step. */
  stateDict(): { readonly record: RateRecord; readonly next: number } {
    return { record: this.toJSON(), next: this.next }
  }

  /** Goes on from a record: what was set after it is forgotten. @throws as the constructor */
  loadStateDict({ record, next }: { readonly record: RateRecord; readonly next: number }): void {
    const { changes, steps } = checkRecord(record)
    checkRates("GraduateStudent", { next })
    this.recorded = [...changes]
    this.asked = steps
    this.next = next
  }

  toJSON(): RateRecord {
    return { format: "nabla.rates", version: 1, steps: this.asked, changes: [...this.recorded] }
  }

  /**
   * The rate of a step. The last step may be asked for again and takes the rate of the moment: whoever shows the rate of
   * the step to come must not settle it.
   */
  private ask(step: number): number {
    if (step < this.asked - 1) return rateAt(this.recorded, step)
    this.asked = Math.floor(step) + 1
    if (this.recorded.at(-1)!.step === step) this.recorded.pop()
    if (this.recorded.at(-1)?.rate !== this.next) this.recorded.push({ step, rate: this.next })
    return this.next
  }
}
