import { expect, it, vi } from "vitest"
import { makeData } from "../../playground/engine/data.ts"
import { seedrandom } from "../../playground/engine/seedrandom.ts"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { bound, experiment, most } from "./experiment.ts"
import { run } from "./run.ts"
import { bestLine } from "./theory.ts"

// Many runs to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

it("a product of matrices equals the stack, and never separates the spiral", async () => {
  const { view } = await collect(experiment, run)
  expect(view.product.difference).toBeLessThan(1e-5)
  expect(most(view.linear)).toBeLessThan(0.75)
  expect(most(view.other)).toBeGreaterThan(0.95)
})

it.each([
  { layers: 8, width: 32, seed: 1 },
  { layers: 2, width: 8, seed: 2, activation: "relu" },
  { layers: 5, width: 11, seed: 3, activation: "gelu" },
  { data: "circle", layers: 3, seed: 4 },
  { data: "xor", activation: "relu", seed: 5 },
  { data: "gauss", layers: 6, seed: 6 },
])("holds at other values: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
})

it("does not hold when one tanh is left in", async () => {
  const { view, values } = await collect(experiment, run, { broken: true })
  expect(verdictOf(experiment, view, values)).toBe(false)
})

/** How many points a line has on their sides. */
const rightOf = (points: readonly { x: number; y: number; label: number }[], [a, b, c]: readonly number[]) =>
  points.filter(({ x, y, label }) => a! * x + b! * y + c! >= 0 === label > 0).length

it.each(["spiral", "circle", "xor", "gauss"] as const)("counts the best line of %s right", (name) => {
  const points = makeData({ name, noise: 15, count: 60, random: seedrandom("bound") })
  const { right, line } = bestLine(points)
  expect(rightOf(points, line)).toBe(right)
  // No line through two points, moved a little to either side and turned a little, does better.
  let tried = 0
  for (const [i, p] of points.entries()) {
    for (const q of points.slice(i + 1)) {
      for (const [turn, shift] of [-1, 1].flatMap((u) => [-1, 1].map((v) => [u * 1e-7, v * 1e-7] as const))) {
        const angle = Math.atan2(q.y - p.y, q.x - p.x) + turn
        const [a, b] = [-Math.sin(angle), Math.cos(angle)]
        const c = shift - (a * (p.x + q.x)) / 2 - (b * (p.y + q.y)) / 2
        tried = Math.max(tried, rightOf(points, [a, b, c]), rightOf(points, [-a, -b, -c]))
      }
    }
  }
  expect(tried).toBeLessThanOrEqual(right)
  // Lines through two points, a little off, are all that matter: the best is among them.
  expect(tried).toBe(right)
})

it("knows a line that suffices, and points that lie on one another", () => {
  const apart = [-2, -1, 1, 2].map((x) => ({ x, y: 3 * x, label: Math.sign(x) }))
  expect(bestLine(apart).right).toBe(4)
  const twins = [...apart, { x: 0, y: 0, label: 1 }, { x: 0, y: 0, label: -1 }]
  expect(bestLine(twins).right).toBe(5)
  expect(bestLine([{ x: 1, y: 1, label: 1 }]).right).toBe(1)
})

it("bounds every run by what was counted, not by a constant", async () => {
  const [a, b] = [
    await collect(experiment, run, { seed: 7, data: "xor" }),
    await collect(experiment, run, { data: "gauss" }),
  ]
  expect(bound(a.view)).toBeLessThan(0.8)
  expect(bound(b.view)).toBe(1)
})
