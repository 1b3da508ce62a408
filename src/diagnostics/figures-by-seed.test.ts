/** Figures of a course's laws that scatter between networks: as means over several, or with the range they scatter in. */
import { beforeEach, describe, expect, test } from "vitest"
import * as nn from "../nn/index.ts"
import * as optim from "../optim/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { compile, manualSeed, noGrad, randn, setDefaultDevice, tensor } from "../tensor/index.ts"
import type { InstrumentOptions } from "./index.ts"
import { gradientSlope, instrument } from "./index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const WIDTH = 256
const SEEDS = [1, 2, 3, 4]

async function look(
  depth: number,
  activation: () => nn.Module,
  scheme: nn.init.Scheme,
  seed: number,
  options: InstrumentOptions = {},
) {
  manualSeed(seed)
  const layers = Array.from({ length: depth }, () => [nn.linear(WIDTH, WIDTH), activation()]).flat()
  const model = nn.init.initialize(nn.sequential(...layers), scheme)
  const probe = instrument(model, { every: 1, ...options })
  const y = model.forward(randn([128, WIDTH]))
  y.mul(randn(y.shape)).sum().backward()
  const seen = (await probe.after())!
  probe.detach()
  return { seen, last: seen.layers.findLast(({ kind }) => kind === "activation")! }
}

/** The mean of the logarithms, as a number. */
async function geometricMean(measure: (seed: number) => Promise<number>): Promise<number> {
  let sum = 0
  for (const seed of SEEDS) sum += Math.log(await measure(seed))
  return Math.exp(sum / SEEDS.length)
}

const gaussian = (std: number) => (w: Tensor) => nn.init.normal_(w, { std })

describe("activations: the gradient at the first of 10 layers over that at the last", () => {
  test("sigmoid with Xavier: 2e-6", async () => {
    const ratio = await geometricMean(async (seed) => {
      return gradientSlope((await look(10, nn.sigmoid, "xavierNormal", seed)).seen).firstToLast
    })
    expect(ratio / 2e-6).toBeGreaterThan(0.85)
    expect(ratio / 2e-6).toBeLessThan(1.15)
  })

  test("ReLU with He: 1.04, and units that are dead are counted", async () => {
    const ratio = await geometricMean(async (seed) => {
      const { seen, last } = await look(10, nn.relu, "heNormal", seed)
      expect(last.deadUnits).toBeGreaterThanOrEqual(0)
      expect(last.deadUnits).toBeLessThan(WIDTH / 4)
      expect(last.units).toBe(WIDTH)
      return gradientSlope(seen).firstToLast
    })
    expect(ratio / 1.04).toBeGreaterThan(0.85)
    expect(ratio / 1.04).toBeLessThan(1.15)
  })
})

describe("scale of initialisation, width 256, 10 layers", () => {
  test("tanh, σ = 1: 89 % beyond |y| = 0.97; 85 % where the slope is below 0.01", async () => {
    const { last } = await look(10, nn.tanh, gaussian(1), 1, { bins: 200 })
    const { min, max, counts } = last.output.histogram!
    expect([min, max]).toEqual([-1, 1])
    const total = counts.reduce((a, b) => a + b, 0)
    const beyond = [...counts.slice(0, 3), ...counts.slice(-3)].reduce((a, b) => a + b, 0)
    expect(beyond / total).toBeCloseTo(0.89, 1.7)
    expect(last.saturated).toBeCloseTo(0.85, 1.7)
  })

  test("tanh, Xavier: deviation 0.23", async () => {
    const std = await geometricMean(async (seed) => {
      return (await look(10, nn.tanh, "xavierNormal", seed)).last.output.std
    })
    expect(std).toBeCloseTo(0.23, 2)
  })

  test("ReLU, He: rms about 1, with networks on either side of 1.14", async () => {
    const seen: number[] = []
    const rms = await geometricMean(async (seed) => {
      seen.push((await look(10, nn.relu, "heNormal", seed)).last.output.rms)
      return seen.at(-1)!
    })
    expect(rms).toBeGreaterThan(0.8)
    expect(rms).toBeLessThan(1.25)
    expect(Math.max(...seen) * 1.25).toBeGreaterThan(1.14)
    expect(Math.min(...seen)).toBeLessThan(1.14)
  })
})

/**
 * Steps of gradient descent (η = 0.3, all data at once) from weights of deviation 1e-4 to a loss of 0.25, on two clouds
 * with 4 tanh units in each hidden layer and a tanh at the end, ½·mean (o − t)².
 */
async function stepsToEscape(hidden: number, most: number, looks: number): Promise<number> {
  manualSeed(1)
  const side = tensor(
    Float32Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 1 : -1)),
    { shape: [200, 1] },
  )
  const x = noGrad(() => randn([200, 2]).mul(0.7).add(side.mul(2)))
  const sizes = [2, ...Array.from({ length: hidden }, () => 4), 1]
  const model = nn.init.initialize(nn.mlp(sizes, { activation: nn.tanh }), gaussian(1e-4))
  const optimizer = optim.sgd(model.parameters(), { lr: 0.3 })
  const step = compile(() => {
    const loss = model.forward(x).tanh().sub(side).square().mean().mul(0.5)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    return loss
  })
  for (let i = 1; i <= most; i++) {
    const loss = step()
    if (i % looks === 0 && (await loss.item()) < 0.25) return i
  }
  return Infinity
}

describe("zero initialisation and depth: steps to leave the saddle", () => {
  test("one hidden layer: 14", async () => expect(await stepsToEscape(1, 100, 1)).toBe(14))

  test("two hidden layers: thousands, 7109 in the middle of the range of seeds", async () => {
    const steps = await stepsToEscape(2, 20_000, 50)
    expect(steps).toBeGreaterThan(7109 / 2)
    expect(steps).toBeLessThan(7109 * 2)
  })

  test("three hidden layers: not within 10 000 (nor within 200 000)", { timeout: 60_000 }, async () => {
    expect(await stepsToEscape(3, 10_000, 500)).toBe(Infinity)
  })
})
