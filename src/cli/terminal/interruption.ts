import { exitCodes } from "./exit-codes.ts"

/**
 * Turns Ctrl-C and SIGTERM into an AbortSignal, so that a training ends after the step at hand and its folder is
 * finished. A second one ends the process at once.
 */
export class Interruption {
  private readonly controller = new AbortController()
  private readonly onInterrupt = () => this.abort(exitCodes.interrupted)
  private readonly onTerminate = () => this.abort(exitCodes.terminated)
  /** What the process is to end with, once a signal has come. */
  exitCode: number | null = null

  constructor() {
    process.on("SIGINT", this.onInterrupt)
    process.on("SIGTERM", this.onTerminate)
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Leaves the signals to whoever had them before. */
  dispose(): void {
    process.off("SIGINT", this.onInterrupt)
    process.off("SIGTERM", this.onTerminate)
  }

  private abort(code: number): void {
    if (this.exitCode !== null) process.exit(code)
    this.exitCode = code
    process.stderr.write("\nstopping after this step; once more to stop at once\n")
    this.controller.abort()
  }
}
