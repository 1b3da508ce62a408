/** What is known of gradient descent on a bowl before it runs: plain arithmetic, from η·λ alone. */

export interface Span {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** A bowl as gradient descent sees it: curvatures, and the start along the axes of curvature. */
export interface Descent {
  readonly rate: number
  readonly curvatures: readonly number[]
  readonly start: readonly number[]
  /** Of the region that the rules measure by. */
  readonly diagonal: number
  readonly steps: number
}

/** The numbers of the rules. */
const [WINDOW, STILL, NEAR, RUNAWAY] = [20, 3, 1e-6, 10]
const [NO_WAY, NO_FALL] = [1e-3, 0.1]

/**
 * What each point has to be called. Along axis i every step multiplies by 1 − η·λᵢ, so that everything that the rules
 * ask for has a closed form: below η·λ = 1 no direction turns back, between 1 and 2 it does at every step and shrinks,
 * above 2 it grows.
 */
export function predictedSpans(descent: Descent): Span[] {
  const { rate, curvatures, start, steps } = descent
  const factors = curvatures.map((curvature) => 1 - rate * curvature)
  const place = (t: number): number[] => start.map((x, i) => x * factors[i]! ** t)
  const way = (t: number): number[] => place(t).map((x, i) => -rate * curvatures[i]! * x)
  const value = (t: number): number => sum(place(t).map((x, i) => (curvatures[i]! * x * x) / 2))
  const slope = (t: number): number => Math.hypot(...place(t).map((x, i) => curvatures[i]! * x))
  const walked = (from: number, to: number): number => sum(range(from, to).map((t) => Math.hypot(...way(t))))

  const nameAt = (t: number): string => {
    const { diagonal } = descent
    if (value(t) > value(0) && slope(t) > RUNAWAY * slope(0)) return "diverging"
    const still = Math.max(Math.hypot(...place(t)), t < STILL ? Infinity : walked(t - STILL, t))
    if (still <= NEAR * diagonal) return "converged"
    const recent = range(Math.max(1, t - WINDOW), t)
    const share = (has: (s: number) => boolean): number =>
      recent.length < STILL ? 0 : recent.filter(has).length / recent.length
    if (share((s) => sum(way(s - 1).map((x, i) => x * way(s)[i]!)) < 0) >= 1 / 2) return "oscillating"
    if (share((s) => value(s + 1) > value(s)) >= 1 / 4) return "overshooting"
    if (t < WINDOW) return "descending"
    const fallen = 1 - slope(t) / slope(t - WINDOW)
    return walked(t - WINDOW, t) < NO_WAY * diagonal && fallen < NO_FALL ? "stagnating" : "descending"
  }
  return spansOf(range(0, steps + 1).map(nameAt))
}

function spansOf(names: readonly string[]): Span[] {
  const spans: { name: string; from: number; to: number }[] = []
  names.forEach((name, at) => {
    const last = spans.at(-1)
    if (last?.name === name) last.to = at
    else spans.push({ name, from: at, to: at })
  })
  return spans
}

/** Whether rounding decides: a share of the start that is next to nothing, in a direction where it grows. */
export function isFragile({ rate, curvatures, start }: Descent): boolean {
  const size = Math.hypot(...start)
  return curvatures.some((curvature, i) => rate * curvature > 2 && Math.abs(start[i]!) < 1e-9 * size)
}

/** Whether two accounts tell the same, each turn to one step. */
export function alike(a: readonly Span[], b: readonly Span[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ name, from }, i) => name === b[i]!.name && Math.abs(from - b[i]!.from) <= 1)
  )
}

export const told = (spans: readonly Span[]): string =>
  spans.map(({ name, from }, i) => (i === 0 ? name : `from ${from} ${name}`)).join(", ")

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
