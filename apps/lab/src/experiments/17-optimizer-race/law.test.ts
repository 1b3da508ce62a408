import { optim, surfaces, type Tensor, tensor } from "nabla"
import { expect, it, vi } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { controls, OPTIMIZERS, type Values } from "./controls.ts"
import { makerOf } from "./entrants.ts"
import { experiment } from "./experiment.ts"
import { run, type View } from "./run.ts"
import { parseSettings } from "./settings.ts"
import { predictedSpans } from "./theory.ts"

// Many runs to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

async function race(changed: Partial<Values>): Promise<View> {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  expect(verdictOf(experiment, view, values)).toBe(true)
  return view
}

const namesOf = ({ runners }: View, at: number): string[] => runners[at]!.behaviours.map(({ name }) => name)

it("Rosenbrock: descent oscillates, momentum overshoots", async () => {
  const view = await race({})
  expect(namesOf(view, 0)).toContain("oscillating")
  expect(namesOf(view, 1)).toContain("overshooting")
  expect(view.agreements.reduce((sum, { named }) => sum + named, 0)).toBeGreaterThan(50)
})

it.each([
  [0.5, ["descending", "converged"]],
  [1, ["descending", "converged"]],
  [1.7, ["descending", "oscillating", "converged"]],
  [2, ["descending", "oscillating"]],
  [2.3, ["descending", "oscillating", "diverging"]],
])("on the parabola η·λ = %f says what happens", async (share, names) => {
  const { foretold } = await race({ share, a: "none", b: "none", c: "none", d: "none" })
  expect(foretold[0]!.measured.map(({ name }) => name)).toEqual(names)
  expect(foretold[0]!.measured).toEqual(foretold[0]!.predicted)
})

it.each([
  { kappa: 20, angle: 30, rateA: 0.02, rateB: 0.09, rateC: 0.101 },
  { kappa: 300, angle: 77, rateA: 0.003, rateB: 0.0066, rateC: 0.0067 },
  { kappa: 1, angle: 0, rateA: 0.001, rateB: 1, rateC: 1.999 },
  { kappa: 5, angle: 45, rateA: 0.3, rateB: 0.39, rateC: 5, start: "own", startX: -0.2, startY: 0.71 },
])("in a bowl descent does what was told beforehand: %o", async (changed) => {
  const descent = { surface: "quadratic", a: "sgd", b: "sgd", c: "sgd", d: "none", steps: 400 }
  const { foretold } = await race({ ...descent, ...changed })
  expect(foretold).toHaveLength(4)
})

it.each([
  ["plateau", 0.1, "stagnating"],
  ["himmelblau", 0.01, "converged"],
  ["beale", 5, "diverging"],
])("%s: gradient descent with the rate %f is called %s", async (surface, rateA, name) => {
  const view = await race({ surface, rateA, rateC: 0.1 })
  expect(view.runners[0]!.behaviour).toBe(name)
})

it("on the ridge of a saddle descent is stuck", async () => {
  const view = await race({ surface: "saddle", angle: 0, start: "own", startX: 0.6, startY: 0, rateA: 0.05 })
  expect(view.runners[0]!.behaviour).toBe("stuck at a saddle")
})

it.each(controls.surface.options.map(([name]) => name))("holds on %s", async (surface) => {
  const others = { a: "lion", b: "nesterov", c: "rprop", d: "newton", moreD: "damping=0.1, absolute=true" }
  await race({ surface, ...others, rateA: 0.1, rateB: 0.01, rateC: 0.02, rateD: 0.5, steps: 60, seed: 3 })
})

it.each(experiment.scenes)("holds in the scene: $title", async ({ values }) => {
  await race(values)
})

it("a net's runners start at one place and are drawn on one plane", async () => {
  const view = await race({ surface: "net", rateA: 1, rateB: 0.3, rateC: 0.01, rateD: 0.05, steps: 60 })
  const starts = view.runners.map(({ values }) => values[0]![1])
  expect(new Set(starts).size).toBe(1)
  for (const { last } of view.runners) expect(last).toBeLessThan(starts[0]!)
  const places = view.scenery!.paths.map(({ points }) => points[0]!)
  for (const place of places) expect(place).toEqual(places[0])
})

it("does not hold when every second step is not recorded", async () => {
  for (const changed of [{}, { share: 0.4 }, { share: 2.3, surface: "quadratic" }]) {
    const { view, values } = await collect(experiment, run, { broken: true, ...changed })
    expect(verdictOf(experiment, view, values)).toBe(false)
  }
})

it("tells of an η·λ between the thresholds what the numbers say", () => {
  const spans = predictedSpans({ rate: 1.5, curvatures: [1], start: [1], diagonal: 3, steps: 60 })
  // |1 − 1.5|ᵗ: the last three steps together, 1.5·(8 + 4 + 2)·2⁻ᵗ, are below 3·10⁻⁶ from t = 23 on.
  expect(spans).toEqual([
    { name: "descending", from: 0, to: 3 },
    { name: "oscillating", from: 4, to: 22 },
    { name: "converged", from: 23, to: 60 },
  ])
})

/** Why others cannot run on a surface, where there are numbers and one loss of them. */
const elsewhere: Readonly<Record<string, string>> = {
  GaussNewton: "needs residuals",
  LevenbergMarquardt: "needs residuals",
  NaturalGradient: "needs a model's outputs",
  KFAC: "needs a model's layers",
  Muon: "needs matrices",
}

it("has every optimizer of nabla/optim that can run on a surface", () => {
  const offered = new Set(
    OPTIMIZERS.map(([optimizer]) => {
      const made = makerOf({ letter: "A", optimizer, rate: 0.1, more: "" })([
        tensor([1], { requiresGrad: true }),
      ])
      return made.constructor.name
    }),
  )
  const known = Object.entries(optim).filter(
    ([, value]) => typeof value === "function" && value.prototype instanceof optim.Optimizer,
  )
  const abstracts = ["ChainedOptimizer", "ClosureOptimizer", "Wrapper", "Composed"]
  const missing = known
    .map(([name]) => name)
    .filter((name) => !offered.has(name) && !abstracts.includes(name))
  expect(missing.sort()).toEqual(Object.keys(elsewhere).sort())
})

it("has every kind of surface that nabla/surfaces has", () => {
  const offered = new Set<string>(controls.surface.options.map(([name]) => name))
  const makers = Object.entries(surfaces).filter(
    ([name, value]) => typeof value === "function" && !/^[A-Z]|^behaviour|^trace$|Expression$/.test(name),
  )
  // Made of a function, which a page cannot be given; the formula takes its place.
  expect(makers.map(([name]) => name).filter((name) => !offered.has(name))).toEqual(["custom"])
})

it("reads settings, and says what is none", async () => {
  expect(parseSettings("momentum=0.9, betas = [0.8, 0.99],momentumForm=ema")).toEqual({
    momentum: 0.9,
    betas: [0.8, 0.99],
    momentumForm: "ema",
  })
  expect(() => parseSettings("momentum 0.9")).toThrow("is no setting")
  const wrong = { letter: "A", optimizer: "sgd", rate: 0.1, more: "momemtum=0.9" }
  expect(() => makerOf(wrong)([tensor([1], { requiresGrad: true })] as Tensor[])).toThrow("momemtum")
  await race({
    a: "adam",
    moreA: "betas=[0.5, 0.9], amsgrad=true",
    b: "sam",
    c: "lookahead",
    d: "lbfgs",
    rateD: 1,
  })
})
