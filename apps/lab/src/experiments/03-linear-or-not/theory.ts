/** What a straight line can do: counted, so that a run can be held to it whatever the points are. */

interface Point {
  readonly x: number
  readonly y: number
  /** −1 or 1. */
  readonly label: number
}

/** The side a·x + b·y + c ≥ 0 says 1. */
export type Line = readonly [a: number, b: number, c: number]

export interface BestLine {
  /** How many points it puts on their side. */
  readonly right: number
  readonly line: Line
}

/**
 * The straight line that puts most points on their sides. Any line can be shifted until it just does not pass a point
 * yet, and no other place on it; so it is enough to turn a line about each point and to count at every point it passes.
 */
export function bestLine(points: readonly Point[]): BestLine {
  const seen = new Set<string>()
  let best: BestLine = { right: -1, line: [0, 0, 0] }
  for (const pivot of points) {
    const place = `${pivot.x} ${pivot.y}`
    if (seen.has(place)) continue
    seen.add(place)
    const found = aboutPivot(points, pivot, best.right)
    if (found !== null) best = found
  }
  return best
}

/** The best line that all but touches the pivot, if it is better than what is known. */
function aboutPivot(points: readonly Point[], pivot: Point, known: number): BestLine | null {
  const here = { plus: 0, minus: 0 }
  // Of each other point: the angle at which the turning line meets it, and what the count of right ones gains there.
  const angles: number[] = []
  const gains: number[] = []
  let right = 0
  for (const { x, y, label } of points) {
    const [dx, dy] = [x - pivot.x, y - pivot.y]
    if (dx === 0 && dy === 0) {
      if (label > 0) here.plus++
      else here.minus++
      continue
    }
    const angle = Math.atan2(dy, dx)
    // At first the line points along x, and what is above it counts as 1.
    const above = angle >= 0 && angle < Math.PI
    angles.push(above ? angle : angle >= Math.PI ? 0 : angle + Math.PI)
    gains.push(above === label > 0 ? -1 : 1)
    if (above === label > 0) right++
  }
  if (angles.length === 0)
    return { right: Math.max(here.plus, here.minus), line: [0, 0, here.plus - here.minus] }
  const own = Math.max(here.plus, here.minus)
  const order = angles.map((_, i) => i).sort((i, j) => angles[i]! - angles[j]!)
  let best: { right: number; angle: number; sign: number } | null = null
  for (const [at, i] of order.entries()) {
    right += gains[i]!
    const next = at + 1 < order.length ? angles[order[at + 1]!]! : angles[order[0]!]! + Math.PI
    if (!(next > angles[i]!)) continue
    const count = Math.max(right, angles.length - right) + own
    if (count <= Math.max(known, best?.right ?? -1)) continue
    best = { right: count, angle: (angles[i]! + next) / 2, sign: 2 * right >= angles.length ? 1 : -1 }
  }
  if (best === null) return null
  const { angle, sign } = best
  const [a, b] = [-sign * Math.sin(angle), sign * Math.cos(angle)]
  const distance = ({ x, y }: Point): number => a * (x - pivot.x) + b * (y - pivot.y)
  const nearest = Math.min(...points.map((point) => Math.abs(distance(point))).filter((size) => size > 0))
  // The pivot lies on the line itself, which is moved off it to the side where most of what is there is right.
  const shift = (here.plus >= here.minus ? 0.5 : -0.5) * nearest
  return { right: best.right, line: [a, b, shift - a * pivot.x - b * pivot.y] }
}

/** How many points any function can put on their sides: of those in one place, only the more frequent label's. */
export function tellable(points: readonly Point[]): number {
  const places = new Map<string, [plus: number, minus: number]>()
  for (const { x, y, label } of points) {
    const place = `${x} ${y}`
    const [plus, minus] = places.get(place) ?? [0, 0]
    places.set(place, label > 0 ? [plus + 1, minus] : [plus, minus + 1])
  }
  return [...places.values()].reduce((total, labels) => total + Math.max(...labels), 0)
}

/** Where the line crosses the square, as two points to draw; none where it does not. */
export function crossing([a, b, c]: Line, [low, high]: readonly [number, number]): [number, number][] {
  const inside = (value: number): boolean => value >= low && value <= high
  const found: [number, number][] = []
  for (const edge of [low, high]) {
    const [y, x] = [-(a * edge + c) / b, -(b * edge + c) / a]
    if (inside(y)) found.push([edge, y])
    if (inside(x)) found.push([x, edge])
  }
  return found.slice(0, 2)
}
