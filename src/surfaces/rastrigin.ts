import { checkDimension, checkNames } from "./check.ts"
import { products, separable } from "./separable.ts"
import type { Surface } from "./surface.ts"
import { cube, filled } from "./surface.ts"

/** What surfaces of any dimension take. */
export interface DimensionOptions {
  /** Default: 2. */
  readonly dimension?: number
}

/** Where φ′ is zero, nearest to 0: the first hill, and the first local minimum beyond it. */
const HILL = 0.5025460365546747
const DIP = 0.9949586376523348

/**
 * Rastrigin's function: a bowl full of dents.
 *
 *     f(x) = Σᵢ xᵢ² − 10·cos(2π·xᵢ) + 10
 *
 * The minimum is 0 at 0. Of the many others, those next to it are listed, in two dimensions also the saddles between.
 *
 * @throws NABLA_INVALID_ARGUMENT for a dimension that is no whole number ≥ 1
 *
 * @example const dented = surfaces.rastrigin({ dimension: 5 })
 */
export function rastrigin(options: DimensionOptions = {}): Surface {
  checkNames("rastrigin", options, ["dimension"])
  const { dimension = 2 } = options
  checkDimension("rastrigin", dimension)
  const k = 2 * Math.PI
  const plane = dimension === 2
  const dips = products([0, DIP, -DIP], 2).slice(1)
  const hills = [HILL, -HILL].flatMap((x) => [
    [x, 0],
    [0, x],
  ])
  return separable(
    {
      name: "rastrigin",
      formula: "Σ xᵢ² − 10·cos(2π·xᵢ) + 10",
      region: cube(dimension, -5.12, 5.12),
      start: filled(dimension, 3.3),
      minima: [filled(dimension, 0), ...(plane ? dips : [])],
      saddles: plane ? hills : [],
    },
    {
      tensor: (x) => x.mul(x).sub(x.mul(k).cos().mul(10)).add(10),
      value: (x) => x * x - 10 * Math.cos(k * x) + 10,
      slope: (x) => 2 * x + 10 * k * Math.sin(k * x),
      curvature: (x) => 2 + 10 * k * k * Math.cos(k * x),
    },
  )
}
