/** Offsets whose times are compared. */
export const OFFSETS = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10]

/** Steps of gradient descent from ε until |y| is 1: each multiplies y by 1 + η·c. */
export const descentSteps = (offset: number, growth: number): number =>
  Math.ceil(Math.log(1 / offset) / Math.log1p(growth))

/** Steps of momentum: y_{t+1} = (1 + β + η·c)·y_t − β·y_{t−1} has a growing root r and a shrinking one s. */
export function momentumSteps(offset: number, growth: number, beta: number): number {
  const half = (1 + beta + growth) / 2
  const root = Math.sqrt(half * half - beta)
  const [r, s] = [half + root, half - root]
  // y₀ = 1 and y₁ = 1 + η·c, in units of ε.
  const share = (1 + growth - s) / (r - s)
  let t = 0
  while (offset * (share * r ** t + (1 - share) * s ** t) < 1) t++
  return t
}
