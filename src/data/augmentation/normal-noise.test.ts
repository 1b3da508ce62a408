import { expect, test } from "vitest"
import { Generator } from "../../tensor/index.ts"
import { normalNoise } from "./normal-noise.ts"

const drawn = (n: number, seed: number): number[] => [
  ...normalNoise([n], "float32", new Generator(seed)).dataSync(),
]

/** Φ by its continued fraction in the tails and its series in the centre: nothing that the code under test uses. */
function normalDistribution(z: number): number {
  const x = Math.abs(z)
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
  let upper: number
  if (x < 3) {
    let [term, sum] = [x, x]
    for (let k = 1; k < 60; k++) {
      term *= (x * x) / (2 * k + 1)
      sum += term
    }
    upper = 0.5 - density * sum
  } else {
    let fraction = x
    for (let k = 60; k >= 1; k--) fraction = x + k / fraction
    upper = density / fraction
  }
  return z < 0 ? upper : 1 - upper
}

test("noise follows the normal law, tails included", () => {
  const n = 400_000
  const values = drawn(n, 3).sort((a, b) => a - b)
  // Kolmogorov and Smirnov: √n·D exceeds 1.95 once in a thousand samples; the seed is fixed.
  const distance = values.reduce(
    (most, z, i) => Math.max(most, Math.abs(normalDistribution(z) - (i + 0.5) / n)),
    0,
  )
  expect(Math.sqrt(n) * distance).toBeLessThan(1.95)
  // Beyond 3.5: 4.65e-4 of all, with a standard deviation of √(n·p) among n.
  const p = 2 * normalDistribution(-3.5)
  const far = values.filter((z) => Math.abs(z) > 3.5).length
  expect(Math.abs(far - n * p)).toBeLessThan(3.3 * Math.sqrt(n * p))
  expect(Math.max(...values.slice(-3).map(Math.abs))).toBeLessThan(5.42)
})

test("equal seeds give equal noise, other seeds and neighbours are not correlated", () => {
  const [a, b] = [drawn(50_000, 1), drawn(50_000, 2)]
  expect(drawn(50_000, 1)).toEqual(a)
  const correlation = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0) / x.length
  // 3.3 standard deviations of a mean of 50,000 products.
  const limit = 3.3 / Math.sqrt(50_000)
  expect(Math.abs(correlation(a, b))).toBeLessThan(limit)
  for (const shift of [1, 2, 4])
    expect(Math.abs(correlation(a.slice(shift), a.slice(0, -shift)))).toBeLessThan(limit)
})

test("the smallest and the largest draw have finite numbers", () => {
  // Of 2²⁴ values of u a sample of 4 million meets the outermost ones of the last thousand on either side.
  const values = drawn(4_000_000, 7)
  expect(values.every(Number.isFinite)).toBe(true)
})
