import { expect, it } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { experiment } from "./experiment.ts"
import { run } from "./run.ts"
import { ballSteps, plainSteps } from "./theory.ts"

it.each([
  [100, 691, 95],
  [1000, 6908, 321],
])("κ = %i: %i steps of gradient descent, %i of the heavy ball", async (kappa, plain, ball) => {
  const { view, values } = await collect(experiment, run, { kappa })
  expect([view.descent.steps, view.ball.steps]).toEqual([plain, ball])
  expect([plainSteps(kappa), ballSteps(kappa)]).toEqual([plain, ball])
  expect(verdictOf(experiment, view, values)).toBe(true)
})

it.each([
  { kappa: 7, rate: 0.3, beta: 0.95 },
  { kappa: 30, rate: 1.9, beta: 0 },
  { kappa: 50, rate: 1.2, beta: 0.6, nesterov: true },
  { kappa: 20, rate: 3.2, beta: 0.5 },
  { kappa: 300, rate: 0.05, beta: 0.3 },
])("holds at other values: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
})

it("does not hold when the rate shrinks with the momentum", async () => {
  const { view, values } = await collect(experiment, run, { broken: true })
  expect(readingsOf(experiment, view, values).map(({ holds }) => holds)).toEqual([true, false, false, false])
})
