import { checkFinite, checkNames, invalid } from "./check.ts"
import { quadraticForm, quadraticSurface } from "./quadratic.ts"
import type { Surface } from "./surface.ts"
import { cube, surfaceOf } from "./surface.ts"

export interface SaddleOptions {
  /** c > 0: the curvatures are c and −c. Default: 2, which gives x² − y². */
  readonly curvature?: number
  /** Angle in degrees. Default: 0. */
  readonly rotation?: number
}

/**
 * The plain saddle.
 *
 *     f(x, y) = ½·c·(x² − y²)
 *
 * Gradient descent from (·, ε) leaves it after about ln(1/ε)/ln(1 + c·η) steps.
 *
 * @throws NABLA_INVALID_ARGUMENT for a curvature that is not positive
 *
 * @example const saddle = surfaces.saddle()
 */
export function saddle(options: SaddleOptions = {}): Surface {
  checkNames("saddle", options, ["curvature", "rotation"])
  const { curvature = 2, rotation = 0 } = options
  checkFinite("saddle", { curvature })
  if (curvature <= 0)
    throw invalid("saddle", "curvature is no such number", "a number > 0", String(curvature))
  const form = quadraticForm("saddle", { curvatures: [curvature, -curvature], rotation })
  return {
    ...quadraticSurface("saddle", form),
    formula: curvature === 2 && rotation === 0 ? "x² − y²" : "½·c·(x² − y²)",
    start: form.turn([1, 1e-3]),
  }
}

/**
 * The monkey saddle: three ways down and three up, and at the middle no curvature at all.
 *
 *     f(x, y) = x³ − 3·x·y²
 *
 * @example const flat = surfaces.monkeySaddle()
 */
export function monkeySaddle(): Surface {
  return surfaceOf({
    name: "monkeySaddle",
    formula: "x³ − 3·x·y²",
    f: (p) => {
      const [x, y] = p.unbind(-1) as [typeof p, typeof p]
      return x.mul(x.mul(x).sub(y.mul(y).mul(3)))
    },
    value: ([x, y]) => x! * (x! * x! - 3 * y! * y!),
    gradient: ([x, y]) => [3 * (x! * x! - y! * y!), -6 * x! * y!],
    hessian: ([x, y]) => [
      [6 * x!, -6 * y!],
      [-6 * y!, -6 * x!],
    ],
    saddles: [[0, 0]],
    region: cube(2, -1.5, 1.5),
    start: [1, 0.01],
  })
}
