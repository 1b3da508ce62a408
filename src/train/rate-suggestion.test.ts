import { describe, expect, test } from "vitest"
import { Random } from "../base/index.ts"
import type { RangeCurve } from "./rate-suggestion.ts"
import { suggestRate } from "./rate-suggestion.ts"

/** Losses over rates from 1e-5 to 10, with noise, and their running average. */
function curve(loss: (logRate: number) => number, noise: number, seed = 1): RangeCurve {
  const random = new Random(seed)
  const smoothing = 0.9
  const rates = Array.from({ length: 120 }, (_, i) => 10 ** (-5 + (6 * i) / 119))
  const losses = rates.map((rate) => loss(Math.log10(rate)) + noise * (2 * random.uniform() - 1))
  let [sum, weight] = [0, 0]
  const smoothed = losses.map((value) => {
    sum = smoothing * sum + value
    weight = smoothing * weight + 1
    return sum / weight
  })
  return { rates, losses, smoothed, smoothing }
}

/** Flat at 2, falls to 1 around a rate of 10^-2, and blows up above 10^-0.5. */
const usual = (x: number): number => 1.5 - 0.5 * Math.tanh(2 * (x + 2)) + Math.max(0, x + 0.5) * 3

describe("a rate read off a curve", () => {
  test.for([0, 0.1, 0.3])("lies where the loss falls fastest, with noise of %d", (noise) => {
    const { suggestion, range, reason } = suggestRate(curve(usual, noise))
    // The running average lags behind by about half a factor of 10.
    expect(Math.log10(suggestion!)).toBeGreaterThan(-2.3)
    expect(Math.log10(suggestion!)).toBeLessThan(-1)
    expect(suggestion).toBeLessThanOrEqual(range![1])
    expect(range![0]).toBeLessThan(suggestion!)
    expect(reason).toContain("falls fastest")
  })

  test.for([1, 2, 3, 4, 5])("is none when there is nothing but noise (%i)", (seed) => {
    const { suggestion, reason } = suggestRate(curve((x) => 0.7 + Math.max(0, x), 0.15, seed))
    expect([suggestion, /noise|did not fall/.test(reason)]).toEqual([null, true])
  })

  test("is none when the loss only rises", () => {
    expect(suggestRate(curve((x) => 3 + x / 10, 0)).reason).toContain("did not fall")
  })
})
