import { checkDimension, checkNames } from "./check.ts"
import type { DimensionOptions } from "./rastrigin.ts"
import { products, separable } from "./separable.ts"
import type { Surface } from "./surface.ts"
import { cube, filled } from "./surface.ts"

/** The roots of φ′ = 2·x³ − 16·x + 2.5: a minimum, a maximum, a minimum that is less deep. */
const DEEP = -2.903534027771177
const TOP = 0.1567312567803401
const SHALLOW = 2.7468027709908367

/**
 * The Styblinski–Tang function: each coordinate has a deep and a shallow dent.
 *
 *     f(x) = ½·Σᵢ xᵢ⁴ − 16·xᵢ² + 5·xᵢ
 *
 * The minimum is −39.16617·dimension at xᵢ = −2.903534; in two dimensions all minima and saddles are listed.
 *
 * @throws NABLA_INVALID_ARGUMENT for a dimension that is no whole number ≥ 1
 *
 * @example const dents = surfaces.styblinskiTang()
 */
export function styblinskiTang(options: DimensionOptions = {}): Surface {
  checkNames("styblinskiTang", options, ["dimension"])
  const { dimension = 2 } = options
  checkDimension("styblinskiTang", dimension)
  const plane = dimension === 2
  return separable(
    {
      name: "styblinskiTang",
      formula: "½·Σ xᵢ⁴ − 16·xᵢ² + 5·xᵢ",
      region: cube(dimension, -5, 5),
      start: filled(dimension, 0.5),
      minima: plane ? products([DEEP, SHALLOW], 2) : [filled(dimension, DEEP)],
      saddles: plane
        ? [DEEP, SHALLOW].flatMap((x) => [
            [x, TOP],
            [TOP, x],
          ])
        : [],
    },
    {
      tensor: (x) => x.mul(x.mul(x.mul(x).sub(16)).add(5)).mul(0.5),
      value: (x) => (x * (x * (x * x - 16) + 5)) / 2,
      slope: (x) => x * (2 * x * x - 16) + 2.5,
      curvature: (x) => 6 * x * x - 16,
    },
  )
}
