import { checkFinite, checkNames, invalid } from "./check.ts"
import type { Surface } from "./surface.ts"
import { cube, surfaceOf } from "./surface.ts"

export interface PlateauOptions {
  /** w > 0: the radius of the hole. Default: 1. */
  readonly width?: number
}

/**
 * A plateau around a hole: far from it there is almost no gradient.
 *
 *     f(x, y) = 1 − exp(−(x² + y²)/(2·w²))
 *
 * @throws NABLA_INVALID_ARGUMENT for a width that is not positive
 *
 * @example const flat = surfaces.plateau()
 */
export function plateau(options: PlateauOptions = {}): Surface {
  checkNames("plateau", options, ["width"])
  const { width = 1 } = options
  checkPositive("plateau", { width })
  const scale = 1 / (width * width)
  const depth = ([x, y]: readonly number[]): number => Math.exp((-(x! * x! + y! * y!) * scale) / 2)
  return surfaceOf({
    name: "plateau",
    formula: "1 − exp(−(x² + y²)/(2·w²))",
    f: (p) =>
      p
        .mul(p)
        .sum(-1)
        .mul(-scale / 2)
        .exp()
        .mul(-1)
        .add(1),
    value: (p) => 1 - depth(p),
    gradient: (p) => p.map((x) => x * scale * depth(p)),
    hessian: (p) => p.map((x, i) => p.map((y, k) => ((i === k ? 1 : 0) - x * y * scale) * scale * depth(p))),
    minima: [[0, 0]],
    region: cube(2, -4 * width, 4 * width),
    start: [3 * width, 2.5 * width],
  })
}

export interface RavineOptions {
  /** k > 0: how steep the walls are. Default: 20. */
  readonly steepness?: number
  /** s > 0: how much the bed falls. Default: 0.1. */
  readonly slope?: number
}

/**
 * A ravine that winds: steep across, gently falling along.
 *
 *     f(x, y) = ½·k·(y − sin x)² + ½·s·x²
 *
 * @throws NABLA_INVALID_ARGUMENT for numbers that are not positive
 *
 * @example const winding = surfaces.ravine({ steepness: 50 })
 */
export function ravine(options: RavineOptions = {}): Surface {
  checkNames("ravine", options, ["steepness", "slope"])
  const { steepness: k = 20, slope: s = 0.1 } = options
  checkPositive("ravine", { steepness: k, slope: s })
  return surfaceOf({
    name: "ravine",
    formula: "½·k·(y − sin x)² + ½·s·x²",
    f: (p) => {
      const [x, y] = p.unbind(-1) as [typeof p, typeof p]
      const wall = y.sub(x.sin())
      return wall
        .mul(wall)
        .mul(k / 2)
        .add(x.mul(x).mul(s / 2))
    },
    value: ([x, y]) => (k * (y! - Math.sin(x!)) ** 2 + s * x! * x!) / 2,
    gradient: ([x, y]) => {
      const wall = y! - Math.sin(x!)
      return [-k * wall * Math.cos(x!) + s * x!, k * wall]
    },
    hessian: ([x, y]) => {
      const [sin, cos] = [Math.sin(x!), Math.cos(x!)]
      return [
        [k * (cos * cos + (y! - sin) * sin) + s, -k * cos],
        [-k * cos, k],
      ]
    },
    minima: [[0, 0]],
    region: [
      [-5, 5],
      [-3, 3],
    ],
    start: [-4, 2],
  })
}

function checkPositive(where: string, numbers: Readonly<Record<string, number>>): void {
  checkFinite(where, numbers)
  for (const [name, value] of Object.entries(numbers))
    if (value <= 0) throw invalid(where, `${name} is no such number`, "a number > 0", String(value))
}
