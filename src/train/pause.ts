/** Longest stretch in milliseconds for which a training keeps timers, signals and the page waiting, beside one step. */
const STRETCH = 8

/**
 * Lets the event loop turn when it has waited long enough: signals, timers and drawing get their chance, and a
 * training of tiny steps is not slowed down by it.
 */
export class Breather {
  private last = performance.now()

  async breathe(): Promise<void> {
    if (performance.now() - this.last < STRETCH) return
    await nextTurn()
    this.last = performance.now()
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
