import { expect, it, vi } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import type { Values } from "./controls.ts"
import { experiment } from "./experiment.ts"
import type { Layer } from "./run.ts"
import { run } from "./run.ts"
import { expected } from "./theory.ts"

// Many runs to their end: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000 })

async function last(changed: Partial<Values>): Promise<Layer> {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  return view.layers.at(-1)!
}

it("tanh, width 256, 10 layers: σ = .01 vanishes, σ = 1 saturates 89 %, Xavier keeps .23", async () => {
  const { size } = await last({ scheme: "gaussian", sigma: 0.01 })
  expect(Math.abs(Math.log10(size / 1e-8))).toBeLessThan(0.5)
  expect((await last({ scheme: "gaussian", sigma: 1 })).saturated).toBeCloseTo(0.89, 1)
  expect((await last({})).size).toBeCloseTo(0.23, 1)
})

it("ReLU: He keeps 1 (1.14 in one net), Xavier leaves 2⁻¹⁵ after 30 layers", async () => {
  expect(expected("relu", 2, 10).sizes.at(-1)).toBeCloseTo(1, 2)
  expect(expected("relu", 1, 30).sizes.at(-1)! / 2 ** -15).toBeCloseTo(1, 1)
  const { size } = await last({ activation: "relu", scheme: "heNormal" })
  expect(Math.abs(Math.log(size / 1.14))).toBeLessThan(Math.log(1.5))
  const { size: small } = await last({ activation: "relu", depth: 30 })
  expect(Math.abs(Math.log2(small / 2 ** -15))).toBeLessThan(1)
})

it.each([
  { activation: "sigmoid", seed: 3 },
  { activation: "linear", scheme: "orthogonal", depth: 40, width: 64 },
  { activation: "relu", scheme: "heNormal", width: 320, depth: 20, seed: 8 },
  { activation: "tanh", scheme: "xavierSimplified", depth: 5, width: 128, seed: 1 },
  { activation: "tanh", scheme: "gaussian", sigma: 0.1, seed: 2 },
])("holds at other values: %o", async (changed) => {
  await last(changed)
})

it("does not hold when every weight is doubled", async () => {
  for (const scheme of ["xavierNormal", "heNormal"]) {
    const { view, values } = await collect(experiment, run, { broken: true, scheme })
    expect(verdictOf(experiment, view, values)).toBe(false)
  }
})
