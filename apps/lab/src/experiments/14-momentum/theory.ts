/** What the theory of linear recurrences says; plain arithmetic, so that the page can hold the run to it. */

/** Distance at which a run counts as arrived, from a start at distance 1 in each direction. */
export const ENOUGH = 1e-6

/** Coefficients p, q of x_{t+1} = p·x_t + q·x_{t−1} for a = α·λ. */
export function recurrence(a: number, beta: number, nesterov: boolean): [p: number, q: number] {
  return nesterov ? [(1 + beta) * (1 - a), -beta * (1 - a)] : [1 + beta - a, -beta]
}

/** Of the larger root of z² − p·z − q. */
export function radius([p, q]: readonly [number, number]): number {
  const discriminant = p * p + 4 * q
  return discriminant < 0 ? Math.sqrt(-q) : (Math.abs(p) + Math.sqrt(discriminant)) / 2
}

/** The slope of a run: the slower of the two directions, with curvatures 1 and κ. */
export function slope(alpha: number, beta: number, kappa: number, nesterov: boolean): number {
  return Math.max(...[1, kappa].map((curvature) => radius(recurrence(alpha * curvature, beta, nesterov))))
}

/** The best rate and momentum for curvatures from 1 to κ. */
export function best(kappa: number): { lr: number; momentum: number } {
  const root = Math.sqrt(kappa)
  return { lr: 4 / (1 + root) ** 2, momentum: ((root - 1) / (root + 1)) ** 2 }
}

/** Steps of gradient descent at its best rate: both directions shrink by (κ − 1)/(κ + 1). */
export const plainSteps = (kappa: number): number =>
  Math.ceil(Math.log(1 / ENOUGH) / -Math.log((kappa - 1) / (kappa + 1)))

/** Steps of the best heavy ball: double roots ±√β, so x_t = (1 + c·t)·rᵗ. */
export function ballSteps(kappa: number): number {
  const { lr, momentum } = best(kappa)
  const root = Math.sqrt(momentum)
  const size = (t: number, curvature: number, r: number): number =>
    Math.abs(1 + ((1 - lr * curvature) / r - 1) * t) * root ** t
  let t = 1
  while (Math.max(size(t, 1, root), size(t, kappa, -root)) > ENOUGH) t++
  return t
}

/** The slope of a path: the roots of the recurrence that its points obey, found by least squares. */
export function fittedSlope(points: readonly number[]): number {
  const largest = Math.max(...points.slice(0, 3).map(Math.abs))
  const sums = { xx: 0, xy: 0, yy: 0, xz: 0, yz: 0 }
  for (let t = 1; t + 1 < points.length; t++) {
    // Each step counts alike, however small the numbers have become; rounding does not.
    const size = Math.hypot(points[t]!, points[t - 1]!)
    if (!(size > 1e-9 * largest) || !Number.isFinite(points[t + 1]!) || size > 1e100) continue
    const [x, y, z] = [points[t]! / size, points[t - 1]! / size, points[t + 1]! / size]
    sums.xx += x * x
    sums.xy += x * y
    sums.yy += y * y
    sums.xz += x * z
    sums.yz += y * z
  }
  const { xx, xy, yy, xz, yz } = sums
  if (xx === 0) return 0
  const determinant = xx * yy - xy * xy
  // One root alone: without momentum a step knows only the one before.
  if (determinant < 1e-9 * xx * yy) return Math.abs(xz / xx)
  return radius([(xz * yy - yz * xy) / determinant, (yz * xx - xz * xy) / determinant])
}
