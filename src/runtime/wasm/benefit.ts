/** Milliseconds of shared work after which it is judged. */
const WINDOW = 20
/** Milliseconds without sharing after work that was slower for it: at first, and at most. */
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 2000

/**
 * Whether sharing pays. On a machine that others keep busy the system stops a worker in the middle of a chunk, and the
 * calling thread waits for longer than it would have taken to do everything itself. Then it does so for a while.
 */
export class Benefit {
  private shared = 0
  private alone = 0
  private pause = FIRST_PAUSE
  private resume = 0

  /** Whether to share now. */
  expected(now: number): boolean {
    return now >= this.resume
  }

  /** A stage of `chunks` chunks, of which the calling thread did `own` until `worked`; the last was done at `end`. */
  note(start: number, worked: number, end: number, own: number, chunks: number): void {
    if (own === 0) return
    this.shared += end - start
    this.alone += ((worked - start) * chunks) / own
    if (this.shared < WINDOW) return
    if (this.shared > this.alone) {
      this.resume = end + this.pause
      this.pause = Math.min(2 * this.pause, LONGEST_PAUSE)
    } else this.pause = FIRST_PAUSE
    this.shared = 0
    this.alone = 0
  }
}
