import { expect, it, vi } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import type { Values } from "./controls.ts"
import { NETS } from "./controls.ts"
import { deadOf, experiment, gradientsOf } from "./experiment.ts"
import type { View } from "./run.ts"
import { run } from "./run.ts"

// Many runs to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

async function held(changed: Partial<Values>): Promise<View> {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  return view
}

it.each([0, 1, 2])(
  "width 256, 10 layers, seed %i: sigmoid with Xavier 2e-6, ReLU with He 1.04",
  async (seed) => {
    const { sides, ...view } = await held({ seed })
    const [sigmoid, relu] = sides.map((side) => gradientsOf(side)[0]!) as [number, number]
    expect(sides.map(({ gradients }) => gradients.length)).toEqual([NETS, NETS])
    expect(sides[0].analysis.maxDerivative).toBeCloseTo(0.25, 9)
    // Four standard deviations of four nets: 0.022 and 0.066 each, as the theory has them.
    expect(Math.abs(Math.log(sigmoid / 2e-6))).toBeLessThan(0.06)
    expect(Math.abs(Math.log(relu / 1.04))).toBeLessThan(0.15)
    expect(deadOf(sides[1]).at(-1)!).toBeGreaterThan(0.1)
    expect(sides[0].analysis.cost!.forward).toBeGreaterThanOrEqual(0)
    expect(view.done).toBe(true)
  },
)

it("the predicted slope of a layer is what analyzeActivation says", async () => {
  for (const activation of ["sigmoid", "gelu", "hardtanh"]) {
    const { sides } = await held({ activation, depth: 2, sigma: 2, width: 64 })
    const [{ analysis, expected }] = sides
    // Two layers, weights of variance 1/n: the first layer's sums are N(0, σ²). Both are sums over grids.
    expect(expected!.gradients[0]! / analysis.responses[0]!.gradientGain).toBeCloseTo(1, 2)
  }
})

it.each([
  { activation: "tanh", sigma: 10, depth: 5, seed: 3 },
  { activation: "leakyRelu", scheme: "fitted", slope: 0.3, depth: 30, width: 64, seed: 8 },
  { activation: "gelu", scheme: "fitted", other: "silu", otherScheme: "fitted", depth: 20, seed: 4 },
  { activation: "hardsigmoid", scheme: "heNormal", other: "selu", otherScheme: "xavierNormal", width: 128 },
  { activation: "softshrink", other: "tanhshrink", width: 64, depth: 12, seed: 2 },
  { activation: "threshold", other: "prelu", slope: 0, width: 64, sigma: 0.3 },
  { activation: "softplus", other: "hardswish", otherScheme: "fitted", width: 64, depth: 30, sigma: 3 },
])("holds at other values: %o", async (changed) => {
  await held(changed)
})

it.each([
  {},
  { activation: "hardsigmoid", other: "leakyRelu", width: 64, seed: 1 },
  { activation: "tanh", other: "sigmoid", depth: 2, sigma: 10, width: 64 },
  { activation: "tanhshrink", other: "softshrink", width: 64 },
])("does not hold when every weight is doubled: %o", async (changed) => {
  const { view, values } = await collect(experiment, run, { ...changed, broken: true })
  expect(verdictOf(experiment, view, values)).toBe(false)
})

it("a dot that is dragged changes nothing else", async () => {
  const first = await held({ width: 64, depth: 3 })
  const { views } = await collect(experiment, run, { width: 64, depth: 3, point: -1 })
  expect(views).toHaveLength(1)
  expect(views[0]!.sides).toEqual(first.sides)
  expect(views[0]!.point.f).toBeCloseTo(1 / (1 + Math.E), 9)
})
