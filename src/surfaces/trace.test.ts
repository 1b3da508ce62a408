import { beforeEach, describe, expect, test } from "vitest"
import * as optim from "../optim/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { setDefaultDevice } from "../tensor/index.ts"
import type { BehaviourName, Surface, TraceOptions } from "./index.ts"
import * as surfaces from "./index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const { trace } = surfaces
const sgd =
  (lr: number, options: optim.SGDOptions = {}) =>
  (p: Tensor[]) =>
    new optim.SGD(p, { lr, ...options })

test("a trace has what happened at each step", async () => {
  const path = await trace(surfaces.quadratic({ curvatures: [1, 4] }), sgd(0.1), { steps: 3, start: [1, -1] })
  expect(path.steps).toBe(3)
  expect(path.points[1]).toEqual([0.9, -0.6])
  expect(path.values[0]).toBe(2.5)
  expect(path.gradients[0]).toEqual([1, -4])
  expect(path.shown).toEqual(path.gradients.slice(0, 3))
  expect(path.gradientNorms[0]).toBeCloseTo(Math.sqrt(17), 12)
  for (const [t, way] of path.velocities.entries())
    for (const [i, x] of way.entries()) expect(x).toBeCloseTo(-0.1 * path.gradients[t]![i]!, 12)
  for (const rate of path.effectiveRates.flat()) expect(rate).toBeCloseTo(0.1, 12)
  expect(path.rates).toEqual([0.1, 0.1, 0.1])
  expect([path.points.length, path.values.length, path.gradients.length]).toEqual([4, 4, 4])
})

test("a trace made step by step is the same, and can be looked at on the way", async () => {
  const [bowl, options] = [surfaces.quadratic({ condition: 10 }), { steps: 25, seed: 3 }]
  const whole = await trace(bowl, sgd(0.19), options)
  const tracer = new surfaces.Tracer(bowl, sgd(0.19), options)
  expect([tracer.describe().steps, tracer.describe().behaviour]).toEqual([0, "descending"])
  for (let i = 0; i < 5; i++) await tracer.step()
  expect(tracer.describe().steps).toBe(5)
  expect(tracer.describe().velocities).toEqual(whole.velocities.slice(0, 5))
  while (!tracer.done) await tracer.step()
  await tracer.step()
  const { surface: _, ...made } = tracer.describe()
  expect(whole).toMatchObject(made)
  expect(made.steps).toBe(25)
})

test.for<[string, (p: Tensor[]) => surfaces.Traceable]>([
  ["descent", sgd(0.01)],
  ["momentum with a schedule", sgd(0.01, { momentum: 0.9, lr: (step) => 0.01 / (1 + step) })],
  ["Adam", (p) => new optim.Adam(p, { lr: 0.1 })],
  ["SAM", (p) => optim.sam(optim.sgd(p, { lr: 0.01 }))],
  ["Lookahead", (p) => optim.lookahead(optim.adam(p, { lr: 0.1 }))],
])("a captured step makes the same path: %s", async ([, make]) => {
  for (const surface of [surfaces.rosenbrock({ steepness: 5 }), surfaces.noisyQuadratic()]) {
    const { surface: _, ...plain } = await trace(surface, make, { steps: 30, seed: 2 })
    const captured = await trace(surface, make, { steps: 30, seed: 2, capture: true })
    expect(captured).toMatchObject(plain)
  }
})

test("effective rates of Adam differ by coordinate, and make up for the curvature in the first step", async () => {
  const bowl = surfaces.quadratic({ curvatures: [1, 100] })
  const path = await trace(bowl, (p) => new optim.Adam(p, { lr: 0.01 }), { steps: 1 })
  const [flat, steep] = path.effectiveRates[0]!
  expect(flat! / steep!).toBeCloseTo(100, 4)
})

test("the same seed gives the same noise, another one another", async () => {
  const noisy = surfaces.noisyQuadratic()
  const ends = await Promise.all([1, 1, 2].map((seed) => trace(noisy, sgd(0.05), { seed, steps: 20 })))
  expect(ends[0]!.points).toEqual(ends[1]!.points)
  expect(ends[0]!.points).not.toEqual(ends[2]!.points)
  expect(ends[0]!.shown).not.toEqual(ends[0]!.gradients.slice(0, 20))
})

test("a trace that blows up ends where numbers end", async () => {
  const path = await trace(surfaces.rosenbrock(), sgd(0.1), { steps: 100 })
  expect(path.steps).toBeLessThan(20)
  expect(path.behaviour).toBe("diverging")
})

describe("behaviours", () => {
  const bowl = surfaces.quadratic({ curvatures: [1, 10] })
  test.for<[BehaviourName, Surface, (p: Tensor[]) => surfaces.Traceable, TraceOptions]>([
    ["descending", bowl, sgd(0.01), { steps: 50 }],
    ["converged", bowl, sgd(0.15), { steps: 200 }],
    ["diverging", bowl, sgd(0.21), { steps: 60 }],
    ["oscillating", bowl, sgd(0.199), { steps: 40 }],
    ["overshooting", surfaces.quadratic({ curvatures: [1] }), sgd(0.3, { momentum: 0.97 }), { steps: 40 }],
    ["stagnating", surfaces.plateau(), sgd(0.1), { steps: 60, start: [3.5, 3.5] }],
    ["stuck at a saddle", surfaces.saddle(), sgd(0.1), { steps: 60, start: [1, 1e-12] }],
    ["stuck at a saddle", surfaces.himmelblau(), sgd(0.01), { steps: 15, start: [-0.127961, -1.953715] }],
    ["converged", surfaces.himmelblau(), sgd(0.01), { steps: 300 }],
    ["descending", surfaces.rosenbrock(), sgd(0.001), { steps: 60 }],
    ["oscillating", surfaces.ravine(), sgd(0.099), { steps: 30 }],
  ])("%s", async ([name, surface, make, options]) => {
    const path = await trace(surface, make, options)
    expect(path.behaviour, JSON.stringify(path.behaviours)).toBe(name)
    expect(path.rule).toBe(surfaces.behaviourRules[name])
  })

  test("spans cover the path without gaps", async () => {
    const path = await trace(surfaces.saddle(), sgd(0.1), { steps: 80, start: [1, 1e-6] })
    expect(path.behaviours[0]!.from).toBe(0)
    expect(path.behaviours.at(-1)!.to).toBe(path.steps)
    for (const [i, { from, to }] of path.behaviours.entries()) {
      if (i > 0) expect(from).toBe(path.behaviours[i - 1]!.to + 1)
      expect(to).toBeGreaterThanOrEqual(from)
    }
    // First it comes near, is held up, and then leaves for good.
    expect(path.behaviours.map(({ name }) => name)).toContain("stuck at a saddle")
    expect(path.behaviour).not.toBe("stuck at a saddle")
  })
})

describe("bad input", () => {
  test.for<[string, TraceOptions]>([
    ["start", { start: [1] }],
    ["start", { start: [1, Number.NaN] }],
    ["steps", { steps: -1 }],
    ["steps", { steps: 1.5 }],
    ["there is no such option", { iterations: 3 } as never],
  ])("%s", async ([message, options]) => {
    await expect(trace(surfaces.beale(), sgd(0.1), options)).rejects.toThrow(message)
  })
})
