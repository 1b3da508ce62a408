import { expect, it, vi } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { experiment } from "./experiment.ts"
import { run } from "./run.ts"

// Nets are trained to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 240_000 })

it.each([
  { architecture: "dense", seed: 3 },
  {},
  { everywhere: true, seed: 2 },
  { shift: 1, seed: 7 },
  { architecture: "recurrent" },
  { architecture: "recurrent", length: 20, forget: 2, seed: 4 },
  { architecture: "transformer", seed: 5 },
  { architecture: "machine", items: 4, seed: 2 },
])("holds: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  expect(verdictOf(experiment, view, values)).toBe(true)
})

it.each(["dense", "convolution", "recurrent", "transformer", "machine"])(
  "does not hold when what it relies on is taken away: %s",
  async (architecture) => {
    const { view, values } = await collect(experiment, run, { architecture, broken: true, items: 4 })
    expect(verdictOf(experiment, view, values)).toBe(false)
  },
)

it("has no verdict about a machine that has not been trained yet", async () => {
  const values = {
    ...(await collect(experiment, run, { architecture: "dense" })).values,
    architecture: "machine",
  }
  const control = new AbortController()
  const session = { signal: control.signal, show: () => {}, commands: () => [], idle: async () => {} }
  for await (const view of run(values, session)) {
    expect(verdictOf(experiment, view, values)).toBeNull()
    control.abort()
  }
})
