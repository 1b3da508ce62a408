import type { Generator, Tensor } from "../tensor/index.ts"

/** Coordinates in plain numbers. */
export type Point = readonly number[]

/** A place where the gradient is zero. */
export interface StationaryPoint {
  readonly point: Point
  readonly value: number
}

/**
 * A function to be minimised whose value, gradient and Hessian are known exactly: a place to watch optimizers.
 *
 * `f` is made of tensor operations, so that anything can be differentiated through it; `value`, `gradient` and `hessian`
 * are closed forms in double precision (for a function of one's own, derivatives of `f`).
 */
export interface Surface {
  readonly name: string
  /** The formula, in one line. */
  readonly formula: string
  readonly dimension: number
  /** f of one point [dimension], giving a number; or of many [..., dimension], giving [...]. */
  f(points: Tensor): Tensor
  /** A noisy f, whose mean over the noise is f up to a constant; absent where there is no noise. */
  noisy?(points: Tensor, generator: Generator): Tensor
  value(point: Point): number
  gradient(point: Point): number[]
  /** Row by row. */
  hessian(point: Point): number[][]
  /** Minima that are known, global ones first. */
  readonly minima: readonly StationaryPoint[]
  /** Saddles that are known. */
  readonly saddles: readonly StationaryPoint[]
  /** The stretch of each coordinate that shows what matters. */
  readonly region: readonly (readonly [number, number])[]
  /** Where a trace starts unless told otherwise. */
  readonly start: Point
}

/** What a surface of closed forms is made of; the values at stationary points follow. */
export interface SurfaceParts extends Omit<Surface, "minima" | "saddles" | "dimension"> {
  readonly minima?: readonly Point[]
  readonly saddles?: readonly Point[]
}

export function surfaceOf({ minima = [], saddles = [], ...parts }: SurfaceParts): Surface {
  const known = (points: readonly Point[]): StationaryPoint[] =>
    points.map((point) => ({ point, value: parts.value(point) }))
  return { ...parts, dimension: parts.start.length, minima: known(minima), saddles: known(saddles) }
}

/** The same stretch for each coordinate. */
export function cube(dimension: number, low: number, high: number): [number, number][] {
  return Array.from({ length: dimension }, () => [low, high])
}

/** The same number for each coordinate. */
export function filled(dimension: number, value: number): number[] {
  return new Array<number>(dimension).fill(value)
}
