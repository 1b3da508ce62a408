import { expect, it } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { experiment } from "./experiment.ts"
import { run } from "./run.ts"

it.each([
  [1e-2, 49, 19],
  [1e-4, 97, 36],
  [1e-8, 194, 69],
])("from ε = %f: %i steps, %i with momentum, 11 or 12 with Adam", async (offset, descent, momentum) => {
  const { view, values } = await collect(experiment, run, { offset })
  expect(verdictOf(experiment, view, values)).toBe(true)
  expect(view.escapes.slice(0, 2).map(({ steps }) => steps)).toEqual([descent, momentum])
  expect([11, 12]).toContain(view.escapes[2]!.steps)
})

it.each([
  { offset: 0.003, rate: 0.3, beta: 0.5, curvature: 2 },
  { offset: 1e-6, rate: 0.02, beta: 0.99, curvature: 0.5 },
  { offset: 1e-10, rate: 0.5, beta: 0 },
])("holds at other values: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
})

it("does not hold when the start is elsewhere", async () => {
  const { view, values } = await collect(experiment, run, { broken: true })
  expect(verdictOf(experiment, view, values)).toBe(false)
})
