/** How a step is timed: a check phase, some steps to warm up, then each step by itself. */

export interface Measurement {
  readonly ms_per_step: number
  readonly p10: number
  readonly steps: number
  readonly loss0: number
  readonly loss: number
  readonly loss_step: number
}

export interface Limits {
  /** Seconds of timed steps; at least five steps are timed. */
  readonly seconds: number
  /** Seconds after which the check phase ends early. */
  readonly checkSeconds: number
}

const FEWEST = 5
const MOST = 100_000

const digits = (x: number, count: number): number => Number(x.toPrecision(count))

function median(sorted: Float64Array): number {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** What BENCH_SECONDS and BENCH_CHECK_MAX_S say. */
export function limitsFromEnvironment(seconds?: number): Limits {
  return {
    seconds: seconds ?? Number(process.env.BENCH_SECONDS || 3),
    checkSeconds: Number(process.env.BENCH_CHECK_MAX_S || 60),
  }
}

/** Times `step`, which performs step i and gives its loss. */
export function measure(step: (i: number) => number, checkSteps: number, limits: Limits): Measurement {
  const seconds = 1000 * limits.seconds
  const checkTime = 1000 * limits.checkSeconds
  const start = performance.now()
  const since = (): number => performance.now() - start
  let i = 0
  const losses: number[] = []
  while (i < checkSteps && (i === 0 || since() <= checkTime)) losses.push(step(i++))
  const warmEnd = since() + Math.min(1000, 0.3 * seconds)
  if (since() < seconds) while (since() < warmEnd) step(i++)
  const times: number[] = []
  const end = since() + seconds
  while (times.length < MOST && (times.length < FEWEST || since() < end)) {
    const before = performance.now()
    step(i++)
    times.push(performance.now() - before)
    if (since() > end && since() > 2 * checkTime) break
  }
  const sorted = Float64Array.from(times).sort()
  return {
    ms_per_step: digits(median(sorted), 6),
    p10: digits(sorted[Math.floor(sorted.length * 0.1)]!, 6),
    steps: times.length,
    loss0: digits(losses[0]!, 8),
    loss: digits(losses.at(-1)!, 8),
    loss_step: losses.length,
  }
}
