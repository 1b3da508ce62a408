import { checkDimension, checkFinite, checkNames } from "./check.ts"
import type { DimensionOptions } from "./rastrigin.ts"
import type { Point, Surface } from "./surface.ts"
import { cube, filled, surfaceOf } from "./surface.ts"

export interface RosenbrockOptions extends DimensionOptions {
  /** c: how steep the walls of the valley are. Default: 100. */
  readonly steepness?: number
}

/**
 * Rosenbrock's function: a flat valley along a parabola, with steep walls.
 *
 *     f(x) = Σᵢ c·(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²,  i = 1 … dimension − 1
 *
 * The minimum is 0 at (1, …, 1); the start (−1.2, 1, …) is Rosenbrock's.
 *
 * @throws NABLA_INVALID_ARGUMENT for a dimension below 2, or a steepness that is not finite
 *
 * @example const banana = surfaces.rosenbrock()
 */
export function rosenbrock(options: RosenbrockOptions = {}): Surface {
  checkNames("rosenbrock", options, ["dimension", "steepness"])
  const { dimension = 2, steepness: c = 100 } = options
  checkDimension("rosenbrock", dimension, 2)
  checkFinite("rosenbrock", { steepness: c })
  return surfaceOf({
    name: "rosenbrock",
    formula: `Σ ${c}·(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²`,
    f: (p) => {
      const [x, next] = [p.narrow(-1, 0, dimension - 1), p.narrow(-1, 1, dimension - 1)]
      const [wall, slope] = [next.sub(x.mul(x)), x.mul(-1).add(1)]
      return wall.mul(wall).mul(c).add(slope.mul(slope)).sum(-1)
    },
    value: (p) => pairs(p).reduce((sum, [x, y]) => sum + c * (y - x * x) ** 2 + (1 - x) ** 2, 0),
    gradient: (p) => gradientOf(p, c),
    hessian: (p) => hessianOf(p, c),
    minima: [filled(dimension, 1)],
    region:
      dimension === 2
        ? [
            [-2, 2],
            [-1, 3],
          ]
        : cube(dimension, -2, 2),
    start: [-1.2, ...filled(dimension - 1, 1)],
  })
}

function pairs(p: Point): [number, number][] {
  return p.slice(1).map((y, i) => [p[i]!, y])
}

function gradientOf(p: Point, c: number): number[] {
  const g = filled(p.length, 0)
  pairs(p).forEach(([x, y], i) => {
    g[i]! += -4 * c * x * (y - x * x) - 2 * (1 - x)
    g[i + 1]! += 2 * c * (y - x * x)
  })
  return g
}

function hessianOf(p: Point, c: number): number[][] {
  const h = p.map(() => filled(p.length, 0))
  pairs(p).forEach(([x, y], i) => {
    h[i]![i]! += 12 * c * x * x - 4 * c * y + 2
    h[i]![i + 1]! -= 4 * c * x
    h[i + 1]![i]! -= 4 * c * x
    h[i + 1]![i + 1]! += 2 * c
  })
  return h
}
