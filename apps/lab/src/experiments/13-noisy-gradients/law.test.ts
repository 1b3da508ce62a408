import { expect, it, vi } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { experiment } from "./experiment.ts"
import { run } from "./run.ts"

// Many runs to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

it.each([
  [0.5, 0.345, 0.06],
  [0.1, 0.0517, 0.06],
])("η = %f ends in a floor of %f", async (rate, floor, relative) => {
  for (const seed of [0, 1, 2]) {
    const { view, values } = await collect(experiment, run, { rate, seed, batch: 1 })
    expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
    expect(Math.abs(view.floor / floor - 1)).toBeLessThan(relative)
  }
})

it.each([
  { batch: 16, rate: 0.3 },
  { batch: 64, noise: 3, seed: 5 },
  { rate: 1.8, batch: 4, noise: 0.1 },
  { rate: 0.02 },
])("holds at other values: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
})

it("does not hold when the samples of a batch are one", async () => {
  const { view, values } = await collect(experiment, run, { broken: true })
  expect(verdictOf(experiment, view, values)).toBe(false)
})
