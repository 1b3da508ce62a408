import { NablaError } from "../../base/index.ts"

/** How long work is followed and when it ends early. */
export interface Control {
  /** Ends the work at the next product; what is known by then is the result, with `interrupted` set. */
  readonly signal?: AbortSignal
  /** Told as the work goes on: products done, and how many there will be at most. */
  readonly onProgress?: (progress: Progress) => void | Promise<void>
}

export interface Progress {
  readonly done: number
  readonly total: number
}

/** Longest stretch in milliseconds without a turn of the event loop, beside one product. */
const STRETCH = 8

/** Tells of progress, lets the event loop turn now and then, and knows when to stop. */
export class Pace {
  private readonly control: Control
  private last = performance.now()

  constructor(control: Control) {
    this.control = control
  }

  get interrupted(): boolean {
    return this.control.signal?.aborted ?? false
  }

  async tell(done: number, total: number): Promise<void> {
    await this.control.onProgress?.({ done, total })
    if (performance.now() - this.last < STRETCH) return
    await new Promise<void>((resolve) => {
      if (typeof setImmediate === "function") setImmediate(resolve)
      else setTimeout(resolve, 0)
    })
    this.last = performance.now()
  }
}

/** For work of which nothing can be used before it is done. */
export function interrupted(what: string): NablaError {
  return new NablaError("NABLA_INTERRUPTED", { message: `${what} was interrupted` })
}
