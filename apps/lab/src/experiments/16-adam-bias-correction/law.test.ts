import { expect, it } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { experiment } from "./experiment.ts"
import { run } from "./run.ts"

it("the corrected step is η, the uncorrected one 3.162 η at first and 6.57 η at step 12", async () => {
  const { view, values } = await collect(experiment, run)
  expect(verdictOf(experiment, view, values)).toBe(true)
  expect(view.uncorrected[0]).toBeCloseTo(3.162, 3)
  expect(Math.max(...view.uncorrected)).toBeCloseTo(6.57, 2)
  expect(view.uncorrected.indexOf(Math.max(...view.uncorrected)) + 1).toBe(12)
})

it.each([
  { beta1: 0, beta2: 0.9 },
  { beta1: 0.5, beta2: 0.99, rate: 0.3, gradient: 500 },
  { beta2: 0.9999, gradient: 0.001, steps: 500 },
])("holds at other values: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(verdictOf(experiment, view, values)).toBe(true)
})

it("does not hold when the correction is left out", async () => {
  const { view, values } = await collect(experiment, run, { broken: true })
  expect(verdictOf(experiment, view, values)).toBe(false)
  expect(readingsOf(experiment, view, values)[0]!.holds).toBe(false)
})
