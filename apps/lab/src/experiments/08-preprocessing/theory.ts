import type { StageName, Values } from "./controls.ts"

/** What least squares on the data says: plain arithmetic, so that the page can hold the run to it. */

/** A symmetric matrix of two rows: [[a, b], [b, c]]. */
export interface Symmetric {
  readonly a: number
  readonly b: number
  readonly c: number
}

/** Eigenvalues, the larger first, and the angle of the first one's direction. */
export function eigen({ a, b, c }: Symmetric): { most: number; least: number; angle: number } {
  const most = (a + c) / 2 + Math.hypot((a - c) / 2, b)
  // Not by the difference of two large numbers.
  return { most, least: (a * c - b * b) / most, angle: Math.atan2(2 * b, a - c) / 2 }
}

/** The covariance of the cloud: stretched, then turned. */
export function covariance({ along, across, angle }: Values): Symmetric {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  const [long, short] = [along ** 2, across ** 2]
  return {
    a: long * cos * cos + short * sin * sin,
    b: (long - short) * sin * cos,
    c: long * sin * sin + short * cos * cos,
  }
}

/** The condition number of the loss, by what is done to the data. */
export function condition(stage: StageName, values: Values): number {
  const { along, across, shiftX, shiftY } = values
  const [long, short] = [Math.max(along, across) ** 2, Math.min(along, across) ** 2]
  if (stage === "centred") return long / short
  const { a, b, c } = covariance(values)
  if (stage === "raw") {
    const { most } = eigen({ a: a + shiftX ** 2, b: b + shiftX * shiftY, c: c + shiftY ** 2 })
    // det(C + μμᵀ) = det C + μᵀ·adj(C)·μ: a sum of what is positive.
    const determinant = long * short + c * shiftX ** 2 - 2 * b * shiftX * shiftY + a * shiftY ** 2
    return most ** 2 / determinant
  }
  if (stage !== "scaled") return 1
  const r = Math.abs(b) / Math.sqrt(a * c)
  return (1 + r) / ((long * short) / (a * c) / (1 + r))
}

/** What is left of the distance after so many steps, from a start at distance 1 in the direction of an angle. */
export function distanceAfter(steps: number, hessian: Symmetric, rate: number, start: number): number {
  const { most, least, angle } = eigen(hessian)
  const turned = (start * Math.PI) / 180 - angle
  const kept = (curvature: number): number => Math.abs(1 - (rate * curvature) / most) ** steps
  return Math.hypot(Math.cos(turned) * kept(most), Math.sin(turned) * kept(least))
}

/** The first step after which no more than a share of the distance is left: it falls from step to step. */
export function stepsTo(left: number, hessian: Symmetric, rate: number, start: number, most: number): number {
  const far = (steps: number): boolean => distanceAfter(steps, hessian, rate, start) > left
  if (far(most)) return Infinity
  let [low, high] = [0, most]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (far(middle)) low = middle
    else high = middle
  }
  return high
}

/** Mean squared distance of ZCA-whitened points to the centred ones: the least that any whitening can do. */
export function leastWay(values: Values): number {
  return (values.along - 1) ** 2 + (values.across - 1) ** 2
}
