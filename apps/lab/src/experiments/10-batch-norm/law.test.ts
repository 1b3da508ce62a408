import { expect, it, vi } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import type { Values } from "./controls.ts"
import { experiment } from "./experiment.ts"
import type { View } from "./run.ts"
import { run } from "./run.ts"

// Many runs to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

async function last(changed: Partial<Values>): Promise<View> {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  expect(verdictOf(experiment, view, values)).toBe(true)
  return view
}

it("tanh, layer 20: std .63–.64 at three scales; without batch norm 1e-19 … .96", async () => {
  for (const seed of [0, 1]) {
    const { depths } = await last({ seed, batch: 256, passes: 1 })
    for (const { normed } of depths) {
      expect(normed.at(-1)).toBeGreaterThan(0.625)
      expect(normed.at(-1)).toBeLessThan(0.645)
    }
    expect(Math.abs(Math.log10(depths[0]!.plain.at(-1)! / 1e-19))).toBeLessThan(0.3)
    expect(depths[2]!.plain.at(-1)).toBeCloseTo(0.96, 2)
  }
})

it("10·W: the same loss, the gradient ÷ 10.000, ⟨W, ∇W⟩ = 0", async () => {
  const { scale } = await last({ seed: 4, epsilon: 1e-8, passes: 1 })
  const { plain, scaled } = scale!
  expect(scaled.loss / plain.loss).toBeCloseTo(1, 7)
  expect(plain.gradient / scaled.gradient).toBeCloseTo(10, 3)
  expect(Math.abs(plain.inner / plain.product)).toBeLessThan(1e-7)
})

it.each([
  { norm: false, seed: 1, passes: 1 },
  { norm: false, sigma: 0.03, width: 256, depth: 7, sync: false, batch: 12 },
  { placement: "after", seed: 2, gamma: 2, beta: -0.5, factor: 0.1 },
  { batch: 2, sync: false, passes: 3 },
  { batch: 8, sync: false, workers: 8, seed: 3, epsilon: 1e-3 },
  { batch: 37, width: 64, depth: 30, gamma: 1.7, beta: 0.4, factor: 100, sigma: 0.4, passes: 0 },
  { batch: 3, workers: 2, sync: false, epsilon: 1e-3, sigma: 1, factor: 0.02, passes: 60 },
])("holds at other values: %o", async (changed) => {
  await last(changed)
})

it.each([{}, { placement: "after" }, { batch: 2, seed: 6 }, { gamma: 0.6, beta: 0.5 }])(
  "does not hold when the statistics are constants for the derivative: %o",
  async (changed) => {
    const { view, values } = await collect(experiment, run, { ...changed, passes: 1, broken: true })
    expect(verdictOf(experiment, view, values)).toBe(false)
  },
)

it("workers on their own are no big batch, and the gradient says so", async () => {
  const { workers } = await last({ batch: 4, sync: false })
  expect(workers!.gradients.alone).toBeGreaterThan(0.05)
  expect(workers!.gradients.together).toBeLessThan(1e-9)
  expect(workers!.alone[0]!.square).toBeGreaterThan(10 * workers!.alone[2]!.square)
})
