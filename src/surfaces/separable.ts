import type { Tensor } from "../tensor/index.ts"
import type { Point, Surface, SurfaceParts } from "./surface.ts"
import { surfaceOf } from "./surface.ts"

/** A function of one coordinate, with its derivatives. */
export interface Term {
  readonly tensor: (x: Tensor) => Tensor
  readonly value: (x: number) => number
  readonly slope: (x: number) => number
  readonly curvature: (x: number) => number
}

/** f(x) = Σᵢ φ(xᵢ): the gradient is φ′ in each coordinate, the Hessian diagonal. */
export function separable(
  parts: Pick<SurfaceParts, "name" | "formula" | "region" | "start" | "minima" | "saddles">,
  { tensor, value, slope, curvature }: Term,
): Surface {
  return surfaceOf({
    ...parts,
    f: (x) => tensor(x).sum(-1),
    value: (point) => point.reduce((sum, x) => sum + value(x), 0),
    gradient: (point) => point.map(slope),
    hessian: (point) => point.map((x, i) => point.map((_, k) => (i === k ? curvature(x) : 0))),
  })
}

/** All points whose coordinates are each one of `values`. */
export function products(values: readonly number[], dimension: number): Point[] {
  let points: number[][] = [[]]
  for (let i = 0; i < dimension; i++) points = points.flatMap((point) => values.map((x) => [...point, x]))
  return points
}
