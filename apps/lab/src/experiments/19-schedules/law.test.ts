import { expect, it } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { experiment } from "./experiment.ts"
import { run } from "./run.ts"

it("a rate that falls to a tenth lowers the floor from .0526 to .0057 and below", async () => {
  for (const seed of [0, 7]) {
    const { view, values } = await collect(experiment, run, { seed })
    expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
    expect(view.scheduled.squares.at(-1)).toBeLessThan(0.0062)
    expect(Math.abs(view.constant.squares.at(-1)! / 0.0526 - 1)).toBeLessThan(0.1)
  }
})

it.each(["exponential", "cosine", "restarts", "cyclical", "oneCycle", "warmUp", "byHand"])(
  "holds for the schedule %s",
  async (schedule) => {
    const { view, values } = await collect(experiment, run, { schedule, rate: 0.3, steps: 300, seed: 3 })
    expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  },
)

it("says what is wrong with a record", async () => {
  await expect(collect(experiment, run, { schedule: "byHand", hand: "fast" })).rejects.toThrow("record")
})

it("does not hold when the schedule is forgotten", async () => {
  const { view, values } = await collect(experiment, run, { broken: true })
  expect(verdictOf(experiment, view, values)).toBe(false)
})
