import { tensor } from "../tensor/index.ts"
import { checkDimension, checkFinite, checkNames, invalid } from "./check.ts"
import type { Point, Surface } from "./surface.ts"
import { cube, filled, surfaceOf } from "./surface.ts"

export interface QuadraticOptions {
  /** Default: 2, or as many as there are curvatures. */
  readonly dimension?: number
  /** κ ≥ 1: the curvatures go from 1 to κ in equal ratios. Default: 10. */
  readonly condition?: number
  /** The curvatures themselves, instead of a condition number; they may be negative or zero. */
  readonly curvatures?: readonly number[]
  /** Angle in degrees by which the axes of each pair of neighbouring coordinates are turned. Default: 0. */
  readonly rotation?: number
}

/** The curvatures and the matrix that they give. */
export interface QuadraticForm {
  readonly curvatures: readonly number[]
  /** A, row by row. */
  readonly matrix: readonly (readonly number[])[]
  /** Puts a point given in terms of the axes of curvature into coordinates. */
  turn(point: Point): number[]
}

/**
 * A bowl of any condition number, rotation and dimension (with negative curvatures a saddle).
 *
 *     f(x) = ½·xᵀA x,  A = R·diag(curvatures)·Rᵀ
 *
 * Gradient A·x, Hessian A; the minimum is 0 at 0. It starts at 1 along each axis of curvature, so that rotated bowls
 * start at the same place of the bowl.
 *
 * @throws NABLA_INVALID_ARGUMENT for numbers out of range, or options that contradict each other
 *
 * @example const bowl = surfaces.quadratic({ condition: 100, rotation: 45 })
 */
export function quadratic(options: QuadraticOptions = {}): Surface {
  const form = quadraticForm("quadratic", options)
  return quadraticSurface("quadratic", form)
}

export function quadraticSurface(name: string, { matrix, curvatures, turn }: QuadraticForm): Surface {
  const dimension = curvatures.length
  const entries = Float64Array.from(matrix.flat())
  const gradient = (point: Point): number[] => matrix.map((row) => dot(row, point))
  const origin = filled(dimension, 0)
  const [down, up] = [curvatures.some((c) => c < 0), curvatures.some((c) => c > 0)]
  return surfaceOf({
    name,
    formula: "½·xᵀA x",
    f: (x) => {
      const a = tensor(entries, { shape: [dimension, dimension], dtype: x.dtype })
      const product = x.ndim === 1 ? a.matmul(x) : x.matmul(a)
      return x.mul(product).sum(-1).mul(0.5)
    },
    value: (point) => dot(point, gradient(point)) / 2,
    gradient,
    hessian: () => matrix.map((row) => [...row]),
    minima: down ? [] : [origin],
    saddles: down && up ? [origin] : [],
    region: cube(dimension, -1.5, 1.5),
    start: turn(filled(dimension, 1)),
  })
}

export function quadraticForm(where: string, options: QuadraticOptions): QuadraticForm {
  checkNames(where, options, ["dimension", "condition", "curvatures", "rotation"])
  const { rotation = 0 } = options
  const curvatures = options.curvatures ?? spread(where, options)
  const { dimension = curvatures.length } = options
  checkDimension(where, dimension)
  checkFinite(where, { rotation, ...Object.fromEntries(curvatures.map((c, i) => [`curvatures[${i}]`, c])) })
  if (
    curvatures.length !== dimension ||
    (options.curvatures !== undefined && options.condition !== undefined)
  ) {
    const expected = "a condition number and a dimension, or curvatures"
    const got = `dimension ${dimension}, ${curvatures.length} curvatures, condition ${options.condition}`
    throw invalid(where, "the options contradict each other", expected, got)
  }
  const axes = turnedAxes(dimension, (rotation * Math.PI) / 180)
  const matrix = axes.map((row) =>
    axes.map((column) => row.reduce((sum, r, k) => sum + r * curvatures[k]! * column[k]!, 0)),
  )
  return { curvatures, matrix, turn: (point) => axes.map((row) => dot(row, point)) }
}

function spread(where: string, { dimension = 2, condition = 10 }: QuadraticOptions): number[] {
  checkDimension(where, dimension)
  if (!(Number.isFinite(condition) && condition >= 1))
    throw invalid(where, "condition is no such number", "a finite number ≥ 1", String(condition))
  return Array.from({ length: dimension }, (_, i) => condition ** (dimension === 1 ? 0 : i / (dimension - 1)))
}

/** A rotation of each pair of neighbouring coordinates, one after another; its columns are the axes. */
function turnedAxes(dimension: number, angle: number): number[][] {
  const axes = Array.from({ length: dimension }, (_, i) => unit(dimension, i))
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  for (let i = 0; angle !== 0 && i + 1 < dimension; i++) {
    const [a, b] = [axes[i]!, axes[i + 1]!]
    axes[i] = a.map((x, k) => cos * x - sin * b[k]!)
    axes[i + 1] = a.map((x, k) => sin * x + cos * b[k]!)
  }
  return axes
}

function unit(dimension: number, at: number): number[] {
  const axis = filled(dimension, 0)
  axis[at] = 1
  return axis
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
