import { expect, it, vi } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { experiment } from "./experiment.ts"
import { run } from "./run.ts"

// Many runs to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

it("rescaling leaves the normalised picture, changes the raw one, and the sharpness", async () => {
  const { view, values } = await collect(experiment, run)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  // A power of two rounds nothing.
  expect(view.differences!.normalised).toBe(0)
  expect(view.differences!.raw).toBeGreaterThan(0.1)
  expect(view.curvatures!.along[0] / view.curvatures!.along[1]).toBeCloseTo(16, 6)
  expect(view.curvatures!.rescaled / view.curvatures!.trained).toBeGreaterThan(3)
  expect(view.losses.at(-1)).toBeLessThan(view.losses[0]! / 10)
})

it.each([
  { alpha: 3.7 },
  { alpha: 10, data: "spiral", width: 16, reach: 3 },
  { alpha: 0.13, activation: "leakyRelu", data: "circle", seed: 3, plane: "trajectory" },
  { alpha: 7, plane: "raw", seed: 5, steps: 20, data: "gauss", width: 4 },
  { alpha: 1, reach: 0.1 },
])("holds at other values: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
})

it.each(experiment.scenes)("the scene $title holds, unless it is of tanh", async ({ values: changed }) => {
  const { view, values } = await collect(experiment, run, changed)
  expect(verdictOf(experiment, view, values)).toBe(changed.broken !== true)
})

it.each(["filter", "raw", "trajectory"])("shows the loss at the place, exactly: %s", async (plane) => {
  const { view } = await collect(experiment, run, { plane, placeX: 0, placeY: 0 })
  const { grid, loss, line, place } = view.trained!
  // With an odd number of cells the middle one is the place.
  expect(loss).toBeCloseTo(grid.values[(grid.values.length - 1) / 2]!, 12)
  expect(loss).toBeCloseTo(line[(line.length - 1) / 2]!, 12)
  expect((grid.x[0] + grid.x[1]) / 2).toBeCloseTo(place[0], 12)
})

it("ends the training's way where the trained net is, and shows it whole on its own plane", async () => {
  const { view } = await collect(experiment, run, { plane: "trajectory" })
  const { way, grid } = view.trained!
  expect(way.at(-1)!.map(Math.abs)).toEqual([0, 0])
  for (const [x, y] of way) {
    expect(x > grid.x[0] && x < grid.x[1] && y > grid.y[0] && y < grid.y[1]).toBe(true)
  }
  const { view: random } = await collect(experiment, run)
  expect(random.trained!.way).toHaveLength(way.length)
  expect(Math.hypot(...random.trained!.way.at(-1)!)).toBeLessThan(1e-12)
})

it.each([{}, { alpha: 0.3, data: "circle" }])("does not hold with tanh: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, { broken: true, ...changed })
  expect(verdictOf(experiment, view, values)).toBe(false)
  expect(readingsOf(experiment, view, values).map(({ holds }) => holds)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ])
})
