import { checkDimension, checkNames } from "./check.ts"
import type { DimensionOptions } from "./rastrigin.ts"
import type { Point, Surface } from "./surface.ts"
import { cube, filled, surfaceOf } from "./surface.ts"

const [HEIGHT, FALL, WAVES] = [20, 0.2, 2 * Math.PI]

/**
 * Ackley's function: a nearly flat plain of waves around one deep hole.
 *
 *     f(x) = −20·exp(−0.2·√(mean xᵢ²)) − exp(mean cos(2π·xᵢ)) + 20 + e
 *
 * The minimum is 0 at 0, where the hole comes to a point: there is no gradient there, and the closed form gives 0.
 *
 * @throws NABLA_INVALID_ARGUMENT for a dimension that is no whole number ≥ 1
 *
 * @example const hole = surfaces.ackley()
 */
export function ackley(options: DimensionOptions = {}): Surface {
  checkNames("ackley", options, ["dimension"])
  const { dimension = 2 } = options
  checkDimension("ackley", dimension)
  return surfaceOf({
    name: "ackley",
    formula: "−20·exp(−0.2·√(mean xᵢ²)) − exp(mean cos(2π·xᵢ)) + 20 + e",
    f: (x) => {
      const hole = x.mul(x).mean(-1).sqrt().mul(-FALL).exp().mul(-HEIGHT)
      return hole.sub(x.mul(WAVES).cos().mean(-1).exp()).add(HEIGHT + Math.E)
    },
    value: (point) => {
      const { radius, waves } = partsAt(point)
      return -HEIGHT * Math.exp(-FALL * radius) - waves + HEIGHT + Math.E
    },
    gradient: gradientOf,
    hessian: hessianOf,
    minima: [filled(dimension, 0)],
    region: cube(dimension, -5, 5),
    start: filled(dimension, 2.3),
  })
}

/** √(mean xᵢ²) and exp(mean cos(2π·xᵢ)). */
function partsAt(point: Point): { radius: number; waves: number } {
  const mean = (f: (x: number) => number): number => point.reduce((sum, x) => sum + f(x), 0) / point.length
  return { radius: Math.sqrt(mean((x) => x * x)), waves: Math.exp(mean((x) => Math.cos(WAVES * x))) }
}

function gradientOf(point: Point): number[] {
  const { radius, waves } = partsAt(point)
  if (radius === 0) return filled(point.length, 0)
  const n = point.length
  const pull = (HEIGHT * FALL * Math.exp(-FALL * radius)) / (n * radius)
  return point.map((x) => pull * x + ((waves * WAVES) / n) * Math.sin(WAVES * x))
}

function hessianOf(point: Point): number[][] {
  const { radius: r, waves } = partsAt(point)
  const n = point.length
  const hole = HEIGHT * FALL * Math.exp(-FALL * r)
  const wave = WAVES / n
  return point.map((x, i) =>
    point.map((y, k) => {
      const bend = -x * y * (1 / r + FALL) * (1 / (n * r)) ** 2
      const same = i === k ? 1 / (n * r) : 0
      const crest = i === k ? wave * WAVES * Math.cos(WAVES * x) : 0
      return hole * (same + bend) + waves * (crest - wave ** 2 * Math.sin(WAVES * x) * Math.sin(WAVES * y))
    }),
  )
}
