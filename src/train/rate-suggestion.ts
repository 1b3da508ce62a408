/** A rate that a range test suggests, and why. */
export interface RateSuggestion {
  /** Where the smoothed loss falls fastest; null when it does not fall. */
  readonly suggestion: number | null
  /** Bounds for cyclical rates: where the loss has begun to fall, and where it is lowest; null when it does not fall. */
  readonly range: readonly [number, number] | null
  readonly reason: string
}

/** What a range test saw. */
export interface RangeCurve {
  readonly rates: readonly number[]
  readonly losses: readonly number[]
  readonly smoothed: readonly number[]
  /** Decay of the running average. */
  readonly smoothing: number
}

/** Of all points: the first ones say where the loss began. */
const BEGINNING = 0.1
/** The smoothed loss has to fall by this share, and by this many standard deviations of its noise. */
const NOTABLE = 0.02
const DEVIATIONS = 4
/** Points to each side over which a slope is measured: single ones are noise. */
const REACH = 3
/** Of the whole fall: from here on it counts as begun. */
const BEGUN = 0.1

/**
 * Reads a rate off the losses of a range test: before the lowest smoothed loss, where it falls fastest over the logarithm
 * of the rate. At the lowest loss itself the rate is on the brink of being too large.
 */
export function suggestRate(curve: RangeCurve): RateSuggestion {
  const { rates, losses, smoothed } = curve
  if (losses.length === 0) return nothing("the very first loss was not finite: check the data and the model")
  const first = Math.floor(losses.length * BEGINNING)
  const start = mean(losses.slice(0, first + 1))
  const lowest = smoothed.lastIndexOf(Math.min(...smoothed.slice(first)))
  const fall = start - smoothed[lowest]!
  const noise = noiseOf(curve, first + 1)
  const bounds = `at any rate from ${short(rates[0]!)} to ${short(rates.at(-1)!)}`
  if (!(fall > NOTABLE * Math.abs(start)))
    return nothing(
      `the loss did not fall by ${NOTABLE * 100} % of its ${short(start)} ${bounds}: try other bounds or more steps, and check that the model can learn these data`,
    )
  if (fall <= DEVIATIONS * noise)
    return nothing(
      `the loss fell by ${short(fall)} ${bounds}, which is no more than its noise of ±${short(noise)} may do: take larger batches or more steps`,
    )
  const steepest = steepestFall(curve, first, lowest)
  const begun = smoothed.findIndex((loss, i) => i >= first && loss <= start - BEGUN * fall)
  const reason = [
    `the loss falls fastest at a rate of ${short(rates[steepest]!)}, by ${short(-slopeAt(curve, steepest, lowest))} for each factor of 10;`,
    `it has begun to fall at ${short(rates[begun]!)} and is lowest, ${short(smoothed[lowest]!)}, at ${short(rates[lowest]!)}:`,
    "beyond that the rate is too large",
  ].join(" ")
  return { suggestion: rates[steepest]!, range: [rates[begun]!, rates[lowest]!], reason }
}

function nothing(reason: string): RateSuggestion {
  return { suggestion: null, range: null, reason }
}

function steepestFall(curve: RangeCurve, first: number, lowest: number): number {
  let best = first
  for (let at = first + 1; at <= lowest; at++)
    if (slopeAt(curve, at, lowest) < slopeAt(curve, best, lowest)) best = at
  return best
}

/** The slope over log₁₀ of the rate, between points to both sides. */
function slopeAt({ rates, smoothed }: RangeCurve, at: number, last: number): number {
  const [a, b] = [Math.max(0, at - REACH), Math.min(last, at + REACH)]
  return a === b ? 0 : (smoothed[b]! - smoothed[a]!) / Math.log10(rates[b]! / rates[a]!)
}

/**
 * The standard deviation of a difference between the beginning's mean, of `count` losses, and the smoothed loss: a
 * running average leaves √((1 − β)/(1 + β)) of the losses' own. That is taken from the median of their jumps, which a
 * loss that diverges at the end does not upset.
 */
function noiseOf({ losses, smoothing }: RangeCurve, count: number): number {
  const jumps = losses.slice(1).map((loss, i) => Math.abs(loss - losses[i]!))
  const median = jumps.sort((a, b) => a - b)[Math.floor(jumps.length / 2)] ?? 0
  const deviation = median / (0.6745 * Math.SQRT2)
  return deviation * Math.hypot(Math.sqrt((1 - smoothing) / (1 + smoothing)), 1 / Math.sqrt(count))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}
