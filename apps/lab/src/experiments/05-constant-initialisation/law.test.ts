import { expect, it } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { experiment } from "./experiment.ts"
import { run } from "./run.ts"

it("the spread within a layer is exactly 0 after 500 steps", async () => {
  const { view, values } = await collect(experiment, run)
  expect(view.constant.losses).toHaveLength(500)
  expect(view.constant.spread).toBe(0)
  expect(verdictOf(experiment, view, values)).toBe(true)
})

it.each([
  { constant: 0, width: 3 },
  { constant: -0.7, rate: 1, seed: 4, steps: 200 },
  { constant: 1, width: 12, seed: 9, steps: 200 },
])("holds at other values: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
})

it("does not hold when a single weight is changed", async () => {
  const { view, values } = await collect(experiment, run, { broken: true, steps: 50 })
  expect(verdictOf(experiment, view, values)).toBe(false)
})
