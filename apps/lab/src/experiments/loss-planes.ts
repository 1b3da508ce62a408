import type { Objective, Place, Plane } from "nabla/diagnostics"
import { planeSlice } from "nabla/diagnostics"
import type { Grid } from "../charts/grid.ts"

/** A stretch of a plane in the space of all parameters: its middle, and half its width and height. */
export interface Window {
  readonly plane: Plane
  readonly middle: Place
  readonly half: Place
}

/** Around the plane's origin; where it has a way, around that, with a quarter to spare. */
export function windowOf(plane: Plane, reach: number): Window {
  const { path } = plane
  if (path === undefined) return { plane, middle: [0, 0], half: [reach, reach] }
  const [x, y] = [0, 1].map((axis) => {
    const places = path.map((place) => place[axis]!)
    const [low, high] = [Math.min(...places), Math.max(...places)]
    return { middle: (low + high) / 2, half: 0.75 * (high - low) || 1 }
  }) as [{ middle: number; half: number }, { middle: number; half: number }]
  return { plane, middle: [x.middle, y.middle], half: [x.half * reach, y.half * reach] }
}

/** The loss at the middle of each cell of a grid over the window. */
export async function gridOf(
  objective: Objective,
  { plane, middle, half }: Window,
  points: number,
): Promise<Grid> {
  const stretch = (axis: 0 | 1, share: number): [number, number] => [
    middle[axis] - share * half[axis],
    middle[axis] + share * half[axis],
  ]
  const inner = 1 - 1 / points
  const { values } = await planeSlice(objective, plane, {
    ...{ points, rangeX: stretch(0, inner), rangeY: stretch(1, inner) },
  })
  return { columns: points, rows: points, x: stretch(0, 1), y: stretch(1, 1), values }
}
