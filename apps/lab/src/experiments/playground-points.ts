import { type Tensor, tensor } from "nabla"
import type { DataSetName, LabelledPoint } from "../playground/engine/data.ts"
import { makeData } from "../playground/engine/data.ts"
import { seedrandom } from "../playground/engine/seedrandom.ts"

export interface PointsRequest {
  readonly seed: number
  /** All of them are taken. */
  readonly count: number
  /** From 0 to 50, as on the Playground. Default: 0. */
  readonly noise?: number
}

/** Points of one of the Playground's data sets, by its own generator: as such, and as tensors in double precision. */
export function playgroundPoints(
  name: DataSetName,
  { seed, count, noise = 0 }: PointsRequest,
): { points: readonly LabelledPoint[]; x: Tensor; y: Tensor } {
  const points = makeData({ name, noise, count, random: seedrandom(String(seed)) })
  const x = tensor(
    points.map(({ x, y }) => [x, y]),
    { dtype: "float64" },
  )
  const y = tensor(
    points.map(({ label }) => [label]),
    { dtype: "float64" },
  )
  return { points, x, y }
}
