import type { StepEvent } from "../../train/index.ts"

/** Steps that do not count: the first ones are those in which kernels are made. */
const WARM_UP = 3

/** How fast a training goes, and how long it has to go. */
export class Pace {
  private base: StepEvent | null = null
  private last: StepEvent | null = null
  private samples = 0

  add(event: StepEvent): void {
    if (this.base === null || event.step <= WARM_UP) this.base = event
    else this.samples += event.samples
    this.last = event
  }

  /** Undefined as long as nothing is known. Evaluations in between count as time that the samples took. */
  get samplesPerSecond(): number | undefined {
    return this.elapsed > 0 ? this.samples / this.elapsed : undefined
  }

  /** Undefined as long as nothing is known, and when the number of batches is not known. */
  get secondsLeft(): number | undefined {
    if (this.base === null || this.last?.batches === undefined || this.elapsed <= 0) return undefined
    const { batches, epochs, step } = this.last
    return (this.elapsed / (step - this.base.step)) * (batches * epochs - step)
  }

  private get elapsed(): number {
    return this.base === null || this.last === null ? 0 : this.last.seconds - this.base.seconds
  }
}
