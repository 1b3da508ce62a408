import { expect, it, vi } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import type { Values } from "./controls.ts"
import { conditionOf, experiment } from "./experiment.ts"
import type { View } from "./run.ts"
import { run } from "./run.ts"

// Many runs to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

async function held(changed: Partial<Values>): Promise<View> {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  return view
}

it("κ 49k, 4.5k, 45, 1 and 210k, 20k, 203, 1 steps", async () => {
  const { stages } = await held({})
  const figures = [
    [49_000, 210_000],
    [4500, 20_000],
    [45, 203],
    [1, 1],
    [1, 1],
  ]
  for (const [i, [condition, steps]] of figures.entries()) {
    // The figures have two digits, and half a unit of the second is at most 2.5 %.
    expect(Math.abs(conditionOf(stages[i]!) / condition! - 1)).toBeLessThan(0.025)
    expect(Math.abs(stages[i]!.steps / steps! - 1)).toBeLessThan(0.025)
  }
})

it.each([
  { along: 5, across: 2, angle: -30, shiftX: -20, shiftY: 4, seed: 3 },
  { along: 1, across: 1, angle: 0, shiftX: 0, shiftY: 0, rate: 0.5, left: 1e-6 },
  { along: 8, across: 0.5, angle: 45, shiftX: 0, shiftY: 12, rate: 1.9, start: 100, points: 20, seed: 9 },
  { along: 40, across: 0.1, angle: 10, shiftX: 80, shiftY: -80, left: 1e-4, points: 300 },
  { along: 0.3, across: 10, angle: 70, rate: 0.1, start: 0, seed: 5 },
])("holds at other values: %o", async (changed) => {
  await held(changed)
})

it.each([{}, { along: 1, across: 1, shiftX: 0, shiftY: 0 }])(
  "does not hold when the preprocessing is learned from ten points: %o",
  async (changed) => {
    const { view, values } = await collect(experiment, run, { ...changed, broken: true, left: 0.1 })
    expect(verdictOf(experiment, view, values)).toBe(false)
  },
)
