/** A function of the step length along a direction: its value and slope there, and what else belongs to the point. */
export interface LinePoint<T> {
  readonly t: number
  readonly value: number
  readonly slope: number
  readonly at: T
}

export interface WolfeOptions {
  /** Armijo's condition: f(t) ≤ f(0) + c1·t·f′(0). Default: 1e-4. */
  readonly c1?: number
  /** Curvature condition: |f′(t)| ≤ c2·|f′(0)|. Default: 0.9. */
  readonly c2?: number
  /** Brackets narrower than this end the search. Default: 1e-9. */
  readonly tolerance?: number
  /** Default: 25. */
  readonly maxEvaluations?: number
  /** Rise of the value that may be rounding alone. Default: 0. */
  readonly noise?: number
}

/**
 * A step length that meets the strong Wolfe conditions: a bracket is widened until it holds one, then narrowed by cubic
 * interpolation (Nocedal & Wright, Numerical Optimization, algorithms 3.5 and 3.6, in the form of minFunc and PyTorch).
 * A value that is not finite counts as too high.
 */
export function strongWolfe<T>(
  evaluate: (t: number) => LinePoint<T>,
  start: LinePoint<T>,
  first: number,
  { c1 = 1e-4, c2 = 0.9, tolerance = 1e-9, maxEvaluations = 25, noise = 0 }: WolfeOptions = {},
): LinePoint<T> {
  const armijo = ({ t, value }: LinePoint<T>): boolean => value <= start.value + c1 * t * start.slope + noise
  const flat = ({ slope }: LinePoint<T>): boolean => Math.abs(slope) <= -c2 * start.slope

  let count = 0
  let before = start
  let now = evaluate(first)
  let bracket: [LinePoint<T>, LinePoint<T>] | null = null
  for (; count < maxEvaluations; count++) {
    if (!armijo(now) || (count > 1 && now.value >= before.value)) bracket = [before, now]
    else if (flat(now)) return now
    else if (now.slope >= 0) bracket = [before, now]
    if (bracket !== null) break
    const next = interpolate(before, now, [now.t + 0.01 * (now.t - before.t), now.t * 10])
    before = now
    now = evaluate(next)
  }
  if (bracket === null) return start.value <= now.value ? start : now

  let [low, high] = ordered(bracket[0], bracket[1])
  let stuck = false
  for (; count < maxEvaluations; count++) {
    if (Math.abs(low.t - high.t) < tolerance) break
    const guess = insideBracket(interpolate(low, high), low.t, high.t, stuck)
    stuck = guess.stuck
    const point = evaluate(guess.t)
    if (!armijo(point) || point.value >= low.value) [low, high] = ordered(low, point)
    else {
      if (flat(point)) return point
      if (point.slope * (high.t - low.t) >= 0) high = low
      low = point
    }
  }
  return low
}

function ordered<T>(a: LinePoint<T>, b: LinePoint<T>): [low: LinePoint<T>, high: LinePoint<T>] {
  return b.value < a.value ? [b, a] : [a, b]
}

/** Keeps a guess from creeping along an end of the bracket: the second time it is moved a tenth of the width inward. */
function insideBracket(t: number, a: number, b: number, stuck: boolean): { t: number; stuck: boolean } {
  const [least, most] = [Math.min(a, b), Math.max(a, b)]
  const margin = 0.1 * (most - least)
  if (Math.min(most - t, t - least) >= margin) return { t, stuck: false }
  if (!stuck && t < most && t > least) return { t, stuck: true }
  return { t: Math.abs(t - most) < Math.abs(t - least) ? most - margin : least + margin, stuck: false }
}

/** Where the cubic through two points with their slopes has its minimum, held inside bounds. */
function interpolate<T>(
  a: LinePoint<T>,
  b: LinePoint<T>,
  bounds: readonly [number, number] = [Math.min(a.t, b.t), Math.max(a.t, b.t)],
): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a]
  const d1 = left.slope + right.slope - (3 * (left.value - right.value)) / (left.t - right.t)
  const square = d1 * d1 - left.slope * right.slope
  if (!(square >= 0)) return (bounds[0] + bounds[1]) / 2
  const d2 = Math.sqrt(square)
  const share = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2)
  return Math.min(Math.max(right.t - (right.t - left.t) * share, bounds[0]), bounds[1])
}
