import type { Tensor } from "../../tensor/index.ts"
import { linalg, tensor } from "../../tensor/index.ts"
import type { Covariance } from "./moments.ts"
import { constant, Preprocessing } from "./preprocessing.ts"
import type { Layout } from "./state.ts"

/** A covariance taken apart, with the axes of the largest variance first. */
export interface PrincipalAxes {
  /** d: numbers of a sample. */
  readonly features: number
  /** k: axes that are kept. */
  readonly components: number
  /** [d] */
  readonly mean: number[]
  /** [k]: variance along each axis. */
  readonly variance: number[]
  /** [k]: what each coordinate is divided by. */
  readonly scale: number[]
  /** [k, d], row by row: orthonormal axes. The largest number of each is positive, which settles its sign. */
  readonly axes: number[]
}

/** Base of what turns samples into the directions in which they vary, and scales them there. */
export abstract class Axes extends Preprocessing<PrincipalAxes> {
  protected readonly layout: Layout = {
    features: "number",
    components: "number",
    mean: ["features"],
    variance: ["components"],
    scale: ["components"],
    axes: ["components", "features"],
  }

  /** What was learned: the axes, and how much varies along each. */
  get parameters(): PrincipalAxes {
    return this.learned("look at")
  }

  /** Coordinates along the axes, scaled: (x − μ)·Uᵀ / s. */
  protected apply(rows: Tensor, learned: PrincipalAxes): Tensor {
    const turned = rows.sub(constant(learned.mean, rows.dtype)).matmul(axesOf(learned, rows).t())
    return turned.div(constant(learned.scale, rows.dtype))
  }

  protected undo(rows: Tensor, learned: PrincipalAxes): Tensor {
    const turned = rows.mul(constant(learned.scale, rows.dtype)).matmul(axesOf(learned, rows))
    return turned.add(constant(learned.mean, rows.dtype))
  }

  protected width({ features, components }: PrincipalAxes, after: boolean): number {
    return after ? components : features
  }
}

/** The axes as a tensor [k, d] in the type of the rows. */
export function axesOf({ axes, components, features }: PrincipalAxes, rows: Tensor): Tensor {
  return constant(axes, rows.dtype, [components, features])
}

/** C = Uᵀ·diag(λ)·U with the axes as rows of U; every scale is 1. */
export async function principalAxes({ mean, covariance }: Covariance): Promise<PrincipalAxes> {
  const d = mean.length
  const [values, vectors] = linalg.eigh(tensor(covariance, { shape: [d, d], dtype: "float64" }))
  const ascending = await values.data()
  const columns = await vectors.data()
  const axes = new Float64Array(d * d)
  for (let k = 0; k < d; k++) {
    const axis = Float64Array.from({ length: d }, (_, i) => columns[i * d + d - 1 - k]!)
    axes.set(leading(axis) < 0 ? axis.map((value) => -value) : axis, k * d)
  }
  const variance = Array.from(ascending, (value) => Math.max(0, value)).reverse()
  const scale = variance.map(() => 1)
  return { features: d, components: d, mean: [...mean], variance, scale, axes: [...axes] }
}

/** The first of the largest numbers of an axis, where a rounding error makes no difference. */
function leading(axis: Float64Array): number {
  const largest = axis.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return axis.find((value) => Math.abs(value) >= (1 - 1e-6) * largest) ?? 0
}

/**
 * Scales that make every variance 1: √(λ + ε·λ̄) with λ̄ the mean variance, so that ε does not depend on units, and
 * directions in which hardly anything varies are not blown up. Where nothing varies at all it is 1.
 */
export function whiteningScales(variance: readonly number[], epsilon: number): number[] {
  const mean = variance.reduce((sum, value) => sum + value, 0) / variance.length
  return variance.map((value) => Math.sqrt(value + epsilon * mean) || 1)
}
