import type { Surface } from "./surface.ts"
import { cube, surfaceOf } from "./surface.ts"

const BEALE = [1.5, 2.25, 2.625] as const

/**
 * Beale's function: flat, with steep corners.
 *
 *     f(x, y) = (1.5 − x + x·y)² + (2.25 − x + x·y²)² + (2.625 − x + x·y³)²
 *
 * The minimum is 0 at (3, 0.5), a saddle lies at (0, 1).
 *
 * @example const corners = surfaces.beale()
 */
export function beale(): Surface {
  /** The residual with power k, and its derivatives. */
  const term = (x: number, y: number, k: number) => ({
    t: BEALE[k - 1]! - x * (1 - y ** k),
    tx: y ** k - 1,
    ty: k * x * y ** (k - 1),
    txy: k * y ** (k - 1),
    tyy: k === 1 ? 0 : k * (k - 1) * x * y ** (k - 2),
  })
  const terms = (x: number, y: number) => [1, 2, 3].map((k) => term(x, y, k))
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0)
  return surfaceOf({
    name: "beale",
    formula: "(1.5 − x + x·y)² + (2.25 − x + x·y²)² + (2.625 − x + x·y³)²",
    f: (p) => {
      const [x, y] = p.unbind(-1) as [typeof p, typeof p]
      const power = [y, y.mul(y), y.mul(y).mul(y)]
      const residuals = power.map((yk, k) => x.mul(yk.sub(1)).add(BEALE[k]!))
      return residuals.map((t) => t.mul(t)).reduce((total, square) => total.add(square))
    },
    value: ([x, y]) => sum(terms(x!, y!).map(({ t }) => t * t)),
    gradient: ([x, y]) => {
      const all = terms(x!, y!)
      return [sum(all.map(({ t, tx }) => 2 * t * tx)), sum(all.map(({ t, ty }) => 2 * t * ty))]
    },
    hessian: ([x, y]) => {
      const all = terms(x!, y!)
      const xy = sum(all.map(({ t, tx, ty, txy }) => 2 * (tx * ty + t * txy)))
      return [
        [sum(all.map(({ tx }) => 2 * tx * tx)), xy],
        [xy, sum(all.map(({ t, ty, tyy }) => 2 * (ty * ty + t * tyy)))],
      ]
    },
    minima: [[3, 0.5]],
    saddles: [[0, 1]],
    region: cube(2, -4.5, 4.5),
    start: [-1, 1.5],
  })
}

const HIMMELBLAU_MINIMA = [
  [3, 2],
  [-2.805118086952745, 3.131312518250573],
  [-3.779310253377747, -3.2831859912861696],
  [3.5844283403304917, -1.8481265269644034],
] as const

const HIMMELBLAU_SADDLES = [
  [3.385154183607021, 0.07385187983774928],
  [0.08667750455539634, 2.884254701174776],
  [-3.0730257507643897, -0.08135304428796751],
  [-0.12796134673068005, -1.9537149802445766],
] as const

/**
 * Himmelblau's function: four minima of the same depth, four saddles between them, one hill.
 *
 *     f(x, y) = (x² + y − 11)² + (x + y² − 7)²
 *
 * @example const four = surfaces.himmelblau()
 */
export function himmelblau(): Surface {
  const u = (x: number, y: number): number => x * x + y - 11
  const v = (x: number, y: number): number => x + y * y - 7
  return surfaceOf({
    name: "himmelblau",
    formula: "(x² + y − 11)² + (x + y² − 7)²",
    f: (p) => {
      const [x, y] = p.unbind(-1) as [typeof p, typeof p]
      const [a, b] = [x.mul(x).add(y).sub(11), y.mul(y).add(x).sub(7)]
      return a.mul(a).add(b.mul(b))
    },
    value: ([x, y]) => u(x!, y!) ** 2 + v(x!, y!) ** 2,
    gradient: ([x, y]) => [4 * x! * u(x!, y!) + 2 * v(x!, y!), 2 * u(x!, y!) + 4 * y! * v(x!, y!)],
    hessian: ([x, y]) => [
      [4 * u(x!, y!) + 8 * x! * x! + 2, 4 * (x! + y!)],
      [4 * (x! + y!), 4 * v(x!, y!) + 8 * y! * y! + 2],
    ],
    minima: HIMMELBLAU_MINIMA,
    saddles: HIMMELBLAU_SADDLES,
    region: cube(2, -5, 5),
    start: [-0.5, -1.5],
  })
}
