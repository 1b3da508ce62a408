import { expect, it } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { experiment } from "./experiment.ts"
import { run } from "./run.ts"

it("at 45° the plain methods need as many steps, Adagrad 6 become about 500", async () => {
  const { view, values } = await collect(experiment, run)
  expect(verdictOf(experiment, view, values)).toBe(true)
  const [descent, , , adagrad] = view.methods
  expect(descent!.turned.steps).toBe(descent!.straight.steps)
  expect(adagrad!.straight.steps).toBe(6)
  expect(Math.abs(adagrad!.turned.steps / 498 - 1)).toBeLessThan(0.01)
})

it.each([
  { angle: 30, kappa: 20 },
  { angle: 60, kappa: 150, beta: 0.9, rate: 0.8 },
  { angle: 7, kappa: 100 },
  { angle: 0 },
])("holds at other values: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
})

it("does not hold when the start is not turned", async () => {
  const { view, values } = await collect(experiment, run, { broken: true })
  expect(verdictOf(experiment, view, values)).toBe(false)
})
