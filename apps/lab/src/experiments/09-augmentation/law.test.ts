import { expect, it, vi } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { experiment } from "./experiment.ts"
import { run } from "./run.ts"
import { average, ridgePath, signFlips } from "./theory.ts"

// Many runs to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

it.each([
  {},
  { seed: 1 },
  { seed: 2, amount: 0.5, images: 200, steps: 60 },
  { kind: "shift", images: 40, seed: 3, rows: 8 },
  { kind: "grow", amount: 0.5, sigma: 1 },
  { kind: "grow", amount: 2, seed: 4, rows: 40 },
  { kind: "elastic", seed: 5, sigma: 0.2 },
  { kind: "noise", amount: 0.5, steps: 200, seed: 6 },
  { kind: "noise", amount: 2, images: 60, rows: 20, sigma: 0.8 },
])("holds: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  expect(verdictOf(experiment, view, values)).toBe(true)
})

it.each([
  {},
  { kind: "shift", seed: 1 },
  { kind: "noise", sigma: 0.3 },
  { kind: "grow", rows: 30, sigma: 0.2 },
])("does not hold when changes and noise are drawn once: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, { ...changed, broken: true })
  expect(verdictOf(experiment, view, values)).toBe(false)
  // Both halves of it fail, the exact one and the one of images.
  expect(readingsOf(experiment, view, values).at(-1)!.holds).toBe(false)
})

it("usual changes tell more new images right", async () => {
  const { view } = await collect(experiment, run, { seed: 7 })
  const { plain, augmented } = view.looks.at(-1)!
  expect(average(augmented.testRight)).toBeGreaterThan(average(plain.testRight) + 0.04)
})

it("flips of signs: one choice of 2⁸ when all differences agree, half of them when they cancel", () => {
  expect(signFlips([1, 2, 3, 1, 2, 3, 1, 2])).toBe(1 / 256)
  expect(signFlips([1, -1])).toBe(3 / 4)
  expect(signFlips([-1, -1, -1])).toBe(1)
})

it("the path ends in the solution of ridge regression", () => {
  // One weight: w = Σxy/(Σx² + nσ²).
  const path = ridgePath([[1], [2]], [1, 1], 0.5, 400)
  expect(path.at(-1)![0]).toBeCloseTo(3 / (5 + 2 * 0.25), 9)
})
