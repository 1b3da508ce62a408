/** The figures of a course's laws, as the instruments measure them. */
import { beforeEach, describe, expect, test } from "vitest"
import * as nn from "../nn/index.ts"
import * as optim from "../optim/index.ts"
import type { Tensor } from "../tensor/index.ts"
import {
  hardtanh,
  hessian,
  linalg,
  manualSeed,
  mish,
  noGrad,
  randn,
  relu,
  setDefaultDevice,
  sigmoid,
  softplus,
  tanh,
  tensor,
} from "../tensor/index.ts"
import {
  activationSlope,
  analyzeActivation,
  analyzeBatchNorm,
  analyzeData,
  analyzeInit,
  gradientSlope,
  instrument,
  unitSymmetry,
} from "./index.ts"

beforeEach(() => {
  setDefaultDevice("wasm")
  manualSeed(3)
})

type Nonlinearity = () => nn.Module

/** Layers of equal width, each with a non-linearity behind it. */
function deep(
  depth: number,
  width: number,
  activation: Nonlinearity,
  scheme: nn.init.Scheme,
  norm = false,
): nn.Sequential {
  const layers = Array.from({ length: depth }, () => [
    nn.linear(width, width),
    ...(norm ? [nn.batchNorm1d(width)] : []),
    activation(),
  ]).flat()
  return nn.init.initialize(nn.sequential(...layers), scheme)
}

const gaussian = (std: number) => (w: Tensor) => nn.init.normal_(w, { std })

async function look(model: nn.Module, x: Tensor) {
  const probe = instrument(model, { every: 1 })
  const y = model.forward(x)
  y.mul(randn(y.shape)).sum().backward()
  const seen = (await probe.after())!
  probe.detach()
  return seen
}

describe("activations", () => {
  test("sigmoid: range, largest slope, saturation", async () => {
    const it = await analyzeActivation(sigmoid)
    expect(it.maxDerivative).toBeCloseTo(0.25, 9)
    expect(it.range[0]).toBeCloseTo(0, 9)
    expect(it.range[1]).toBeCloseTo(1, 9)
    expect(it.alwaysPositive).toBe(true)
    expect(it.monotonic).toBe(true)
    expect(it.fixedPoints).toHaveLength(1)
    expect(it.fixedPoints[0]).toBeCloseTo(0.659046, 4)
    expect(it.cost!.forward).toBeGreaterThanOrEqual(0)
  })

  test.each([relu, tanh, sigmoid, softplus, hardtanh, mish])(
    "the definition of saturation is where the slope is small",
    async (f) => {
      const { flat, saturation } = await analyzeActivation(f, { cost: false })
      expect(flat).toHaveLength(saturation!.length)
      flat.forEach(([from, to], i) => {
        const [low, high] = saturation![i]!
        for (const [found, stated] of [
          [from, low],
          [to, high],
        ] as const)
          if (found !== stated) expect(Math.abs(found - stated)).toBeLessThan(0.01)
      })
    },
  )

  test("ReLU halves the square; He's factor √2 follows", async () => {
    const it = await analyzeActivation(relu, { cost: false })
    expect(it.suggestedGain).toBeCloseTo(Math.SQRT2, 3)
    expect(it.range).toEqual([0, Infinity])
    expect(it.responses[1]!.saturated).toBeCloseTo(0.5, 2)
    expect(it.atExtremes).toEqual([0, 1])
  })

  test("gradients: sigmoid with Xavier vanishes, ReLU with He is kept", async () => {
    const x = randn([64, 128])
    const sick = gradientSlope(await look(deep(10, 128, nn.sigmoid, "xavierNormal"), x))
    expect(sick.firstToLast).toBeGreaterThan(2e-7)
    expect(sick.firstToLast).toBeLessThan(2e-5)
    const well = gradientSlope(await look(deep(10, 128, nn.relu, "heNormal"), x))
    expect(well.firstToLast).toBeGreaterThan(0.7)
    expect(well.firstToLast).toBeLessThan(1.5)
  })
})

describe("initialisation", () => {
  test("constant: identical units stay identical, exactly", async () => {
    const model = nn.mlp([2, 8, 1])
    nn.init.initialize(model, gaussianConstant(0.3))
    const optimizer = optim.sgd(model.parameters(), { lr: 0.1 })
    const [x, y] = [randn([32, 2]), randn([32, 1])]
    for (let i = 0; i < 500; i++) {
      optimizer.zeroGrad()
      nn.mse(model.forward(x), y).backward()
      optimizer.step()
    }
    const [hidden] = await unitSymmetry(model)
    expect(hidden).toMatchObject({ units: 8, distinct: 1, spread: 0 })
    expect((await analyzeInit(model, x)).problems).toContain("symmetric")
  })

  test("zero: one hidden layer is a saddle, more are flatter", () => {
    const count = (hidden: number): number => {
      const sizes = [2, ...Array.from({ length: hidden }, () => 4), 1]
      const model = nn.init.initialize(nn.mlp(sizes, { activation: nn.tanh }), "zeros")
      const [x, y] = gauss(200)
      const names = model.namedParameters().map(([name]) => name)
      const shapes = model.parameters().map(({ shape }) => shape)
      const size = model.parameters().reduce((n, p) => n + p.numel(), 0)
      const loss = (flat: Tensor): Tensor => {
        let at = 0
        const parts = Object.fromEntries(
          names.map((name, i) => {
            const n = shapes[i]!.reduce((a, b) => a * b, 1)
            return [name, flat.narrow(0, (at += n) - n, n).reshape(shapes[i]!)]
          }),
        )
        return nn.functionalCall(model, parts, x).tanh().sub(y).square().mean().mul(0.5)
      }
      const zero = tensor(new Float32Array(size), { shape: [size] })
      const values = linalg.eigvalsh((hessian(loss)(zero) as Tensor).to("float64")).dataSync()
      return Array.from(values).filter((value) => value < -1e-6).length
    }
    expect([1, 2, 3].map(count)).toEqual([4, 0, 0])
  })

  test("scale: tanh at width 256, 10 layers", async () => {
    const x = randn([256, 256])
    const last = async (scheme: nn.init.Scheme, activation: Nonlinearity = nn.tanh) =>
      (await look(deep(10, 256, activation, scheme), x)).layers
        .filter(({ kind }) => kind === "activation")
        .at(-1)!
    const small = await last(gaussian(0.01))
    expect(small.output.std).toBeLessThan(1e-7)
    expect(small.output.std).toBeGreaterThan(1e-9)
    const large = await last(gaussian(1))
    // |x| > 2.99 is where the derivative is below 0.01; the course's figure of 89 % is for |tanh x| > 0.97 or so.
    expect(large.saturated).toBeGreaterThan(0.8)
    expect((await last("xavierNormal")).output.std).toBeCloseTo(0.23, 1)
    const he = await last("heNormal", nn.relu)
    // 1 in the mean over networks; a single one of this size is off by about 20 %.
    expect(Math.abs(Math.log(he.output.rms / 1.14))).toBeLessThan(Math.log(1.7))
  })

  test("scale: ReLU with Xavier loses half of the variance in each layer", async () => {
    const { layers } = await look(deep(30, 256, nn.relu, "xavierNormal"), randn([64, 256]))
    const last = layers.filter(({ kind }) => kind === "activation").at(-1)!
    const factor = last.output.rms / 2 ** -15
    expect(factor).toBeGreaterThan(0.5)
    expect(factor).toBeLessThan(2)
  })

  test("analyzeInit names what is wrong, and the remedy", async () => {
    const x = randn([64, 128])
    const well = await analyzeInit(deep(8, 128, nn.relu, "heNormal"), x)
    expect(well).toMatchObject({ problems: [], suggestion: null })
    expect(well.weights[3]).toMatchObject({ scheme: "he", fanIn: 128 })
    const small = await analyzeInit(deep(8, 128, nn.relu, gaussian(0.01)), x)
    expect(small.problems).toEqual(["activations vanish", "gradients vanish"])
    expect(small.suggestion).toContain("heNormal")
    expect((await analyzeInit(deep(8, 128, nn.tanh, gaussian(1)), x)).problems).toContain("saturated")
    expect(activationSlope({ layers: small.layers } as never).factor).toBeLessThan(0.2)
  })
})

const gaussianConstant = (value: number) => (w: Tensor) => nn.init.constant_(w, value)

/** Two clouds at ±(2, 2) with labels ±1. */
function gauss(n: number): [Tensor, Tensor] {
  const side = tensor(
    Float32Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : -1)),
    { shape: [n, 1] },
  )
  return [noGrad(() => randn([n, 2]).mul(0.7).add(side.mul(2))), side]
}

test("preprocessing is conditioning", async () => {
  const white = randn([4000, 2], { dtype: "float64" })
  const r = 44 / 46
  const stretch = tensor(
    [
      [1, r * 19.5],
      [0, Math.sqrt(1 - r * r) * 19.5],
    ],
    { dtype: "float64" },
  )
  const raw = white.matmul(stretch).add(tensor([3.01, 61.35], { dtype: "float64" }))
  const { condition } = await analyzeData(raw)
  for (const [found, expected] of [
    [condition.raw, 49_000],
    [condition.centred, 4500],
    [condition.standardised, 45],
    [condition.whitened, 1],
  ] as const)
    expect(Math.abs(found / expected - 1)).toBeLessThan(0.15)
})

describe("batch norm", () => {
  test.each([0.01, 0.1, 1])("keeps the size of activations whatever the weights: σ = %d", async (std) => {
    const model = deep(20, 128, nn.tanh, gaussian(std), true)
    const { layers } = await look(model, randn([256, 128]))
    const last = layers.filter(({ type }) => type === "tanh").at(-1)!
    expect(last.output.std).toBeGreaterThan(0.62)
    expect(last.output.std).toBeLessThan(0.65)
  })

  test("10·W: the same loss, a tenth of the gradient, and ⟨W, ∇W⟩ = 0", async () => {
    const layer = nn.linear(16, 16, { bias: false, dtype: "float64" })
    const model = nn.sequential(
      layer,
      nn.batchNorm1d(16, { dtype: "float64", eps: 0 }),
      nn.tanh(),
      nn.linear(16, 1, { dtype: "float64" }),
    )
    const [x, y] = [randn([64, 16], { dtype: "float64" }), randn([64, 1], { dtype: "float64" })]
    const measure = () => {
      layer.weight.grad = null
      const loss = nn.mse(model.forward(x), y)
      loss.backward()
      return {
        loss: loss.itemSync(),
        gradient: Math.sqrt(layer.weight.grad!.square().sum().itemSync()),
        inner: layer.weight.mul(layer.weight.grad!).sum().itemSync(),
      }
    }
    const before = measure()
    noGrad(() => layer.weight.copy_(layer.weight.mul(10)))
    const after = measure()
    expect(after.loss).toBeCloseTo(before.loss, 9)
    expect(before.gradient / after.gradient).toBeCloseTo(10, 6)
    expect(Math.abs(before.inner)).toBeLessThan(1e-9)
  })

  test("small batches give noisy statistics, by 1/√B; fresh running statistics are far from the data", async () => {
    const model = nn.sequential(nn.linear(4, 8), nn.batchNorm1d(8), nn.relu(), nn.linear(8, 1))
    const { layers, trainEvalGap } = await analyzeBatchNorm(model, randn([2048, 4]).mul(3).add(2))
    const [layer] = layers
    for (const { batchSize, meanNoise } of layer!.noise)
      expect(Math.abs(meanNoise * Math.sqrt(batchSize) - 1)).toBeLessThan(0.35)
    expect(layer!).toMatchObject({ before: "Linear", after: "relu", afterActivation: false, perWorker: true })
    expect(layer!.meanDrift).toBeGreaterThan(0.3)
    expect(trainEvalGap).toBeGreaterThan(0.1)
    expect(model.training).toBe(true)
  })
})
