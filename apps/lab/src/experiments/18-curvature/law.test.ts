import { expect, it, vi } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { experiment } from "./experiment.ts"
import type { View } from "./run.ts"
import { run } from "./run.ts"

// Many runs to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

it("η = .3: λmax goes from about 2 to 7.5–8.6, where 2/η = 6.7; 25 exact eigenvalues", async () => {
  const { view, values } = await collect(experiment, run)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  const { sharpness } = view.training
  expect(sharpness[0]![1]).toBeGreaterThan(1.7)
  expect(sharpness[0]![1]).toBeLessThan(2.3)
  // At the edge it is sharp and less sharp by turns: the figures are those of the sharp turn.
  const late = sharpness.slice(-20).map(([, value]) => value)
  const turns = late.flatMap((value, i) => (i % 2 === 1 ? [Math.max(value, late[i - 1]!)] : []))
  const mean = turns.reduce((sum, value) => sum + value, 0) / turns.length
  expect(mean).toBeGreaterThan(7.5)
  expect(mean).toBeLessThan(8.6)
  expect(view.spectrum!.exact).toHaveLength(25)
})

it.each([
  { rate: 0.5, seed: 2 },
  { rate: 0.4, width: 24, lambda: 50, seed: 3 },
  { rate: 0.3, seed: 4, steps: 1000 },
  { rate: 0.6, width: 8, seed: 5 },
  { rate: 0.25, seed: 7 },
  // Here one eigenvector overtakes another, which a search from the last one alone does not see.
  { rate: 0.6, seed: 4 },
])("holds at other values: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
})

it("does not hold at half the rate", async () => {
  const { view, values } = await collect(experiment, run, { broken: true, steps: 200 })
  expect(verdictOf(experiment, view, values)).toBe(false)
})

const spectrum = (view: View, some: Partial<View["spectrum"]>): View => ({
  ...view,
  spectrum: { ...view.spectrum!, ...some },
})
const end = (view: View, some: Partial<View["training"]["end"]>): View => ({
  ...view,
  training: { ...view.training, end: { ...view.training.end!, ...some } },
})

const wrong: readonly [name: string, (view: View) => View][] = [
  ["a missing eigenvalue", (view) => spectrum(view, { exact: view.spectrum!.exact.slice(1) })],
  [
    "an eigenvalue of a tenth more",
    (view) =>
      spectrum(view, { exact: view.spectrum!.exact.map((value, i) => (i === 24 ? 1.1 * value : value)) }),
  ],
  [
    "a small eigenvalue in the place of another one",
    (view) => spectrum(view, { exact: view.spectrum!.exact.map((value, i) => (i === 23 ? 0 : value)) }),
  ],
  [
    "a Lanczos that misses the second one",
    (view) => spectrum(view, { top: [view.spectrum!.top[0]!, ...view.spectrum!.top.slice(2), 0] }),
  ],
  ["a matrix of a tenth more, throughout", (view) => spectrum(view, { top1: tenth(view.spectrum!.top1) })],
  ["a trained net's λmax of a tenth more, throughout", (view) => end(view, tenth(view.training.end!))],
  [
    "a followed λmax that has lost its eigenvector",
    (view) => end(view, { followed: 0.9 * view.training.end!.followed }),
  ],
]

function tenth<T extends { readonly eigenvalue: number; readonly followed?: number }>(bend: T): T {
  return {
    ...bend,
    eigenvalue: 1.1 * bend.eigenvalue,
    ...(bend.followed && { followed: 1.1 * bend.followed }),
  }
}

it("notices wrong curvature", async () => {
  const { view, values } = await collect(experiment, run, { steps: 200 })
  expect(verdictOf(experiment, view, values)).toBe(true)
  for (const [name, change] of wrong) expect(verdictOf(experiment, change(view), values), name).toBe(false)
})
