import { expect, it, vi } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { atEdge, experiment } from "./experiment.ts"
import { run } from "./run.ts"

// Many runs to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

it("η = .3: λmax goes from about 2 to 7.5–8.6, where 2/η = 6.7; 25 exact eigenvalues", async () => {
  const { view, values } = await collect(experiment, run)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  expect(view.training.sharpness[0]![1]).toBeLessThan(3)
  const { mean } = atEdge(view, 0.3)
  expect(mean * (2 / 0.3)).toBeGreaterThan(6)
  expect(mean * (2 / 0.3)).toBeLessThan(9)
  expect(view.spectrum!.exact).toHaveLength(25)
})

it.each([
  { rate: 0.5, seed: 2 },
  { rate: 0.4, width: 24, lambda: 50, seed: 3 },
  { rate: 0.3, seed: 4, steps: 1000 },
])("holds at other values: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
})

it("does not hold at half the rate", async () => {
  const { view, values } = await collect(experiment, run, { broken: true, steps: 200 })
  expect(verdictOf(experiment, view, values)).toBe(false)
})
