import type { Objective, Place, Plane } from "nabla/diagnostics"
import { lineSlice, project } from "nabla/diagnostics"
import type { Window } from "../loss-planes.ts"

const moved = (origin: Float64Array, by: number, direction: Float64Array): Float64Array =>
  origin.map((x, i) => x + by * direction[i]!)

/** Coordinates of a place that is given in shares of the window, from −1 to 1. */
export const placeIn = ({ middle, half }: Window, [x, y]: Place): Place => [
  middle[0] + x * half[0],
  middle[1] + y * half[1],
]

/** The loss at a place, and along the horizontal line through it. */
export async function cutAt(
  objective: Objective,
  window: Window,
  place: Place,
): Promise<{ loss: number; line: number[] }> {
  const { plane, middle, half } = window
  const [u, v] = plane.directions
  const row = moved(plane.origin, place[1], v)
  const range = [middle[0] - half[0], middle[0] + half[0]] as const
  const { values } = await lineSlice(objective, u, { origin: row, range, points: 61 })
  const there = await lineSlice(objective, u, { origin: moved(row, place[0], u), range: [0, 1], points: 2 })
  return { loss: there.values[0]!, line: Array.from(values) }
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0)

/** The places of a plane that points are nearest to; its directions need be neither of length 1 nor at right angles. */
export function nearestPlaces(
  points: readonly Float64Array[],
  { origin, directions: [u, v] }: Plane,
): Place[] {
  const [uu, uv, vv] = [dot(u, u), dot(u, v), dot(v, v)]
  const determinant = uu * vv - uv * uv
  // Products with these give the coefficients of u and v.
  const dual = [
    u.map((x, i) => (vv * x - uv * v[i]!) / determinant),
    v.map((x, i) => (uu * x - uv * u[i]!) / determinant),
  ] as [Float64Array, Float64Array]
  return project(points, origin, dual)
}

/** The largest difference, in units of the largest number. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [difference, largest] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!))
    largest = Math.max(largest, Math.abs(a[i]!), Math.abs(b[i]!))
  }
  return difference / (largest || 1)
}
