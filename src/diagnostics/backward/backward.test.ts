import { beforeEach, describe, expect, test } from "vitest"
import * as nn from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { manualSeed, randint, randn, setDefaultDevice, tensor } from "../../tensor/index.ts"
import { depthSlope, findNonFinite, gradientNoise, perSampleGradients } from "../index.ts"

beforeEach(() => {
  setDefaultDevice("wasm")
  manualSeed(5)
})

describe("gradients of single examples", () => {
  test("are those of batches of one, and their mean is the batch's", async () => {
    const model = nn.sequential(nn.linear(3, 4), nn.dropout({ p: 0.5 }), nn.tanh(), nn.linear(4, 2))
    const [x, y] = [randn([6, 3]), randint(0, 2, [6])]
    const { gradients } = perSampleGradients(model, x, y)
    expect(model.training).toBe(true)
    model.eval()
    const sums = Object.fromEntries(Object.keys(gradients).map((name) => [name, 0]))
    for (let i = 0; i < 6; i++) {
      model.zeroGrad()
      nn.crossEntropy(model.forward(x.narrow(0, i, 1)), y.narrow(0, i, 1)).backward()
      for (const [name, parameter] of model.namedParameters()) {
        const off = gradients[name]!.select(0, i).sub(parameter.grad!).abs().amax().itemSync()
        sums[name] = Math.max(sums[name]!, off)
      }
    }
    for (const off of Object.values(sums)) expect(off).toBeLessThan(1e-6)
    expect(() => perSampleGradients(model, x, y.narrow(0, 0, 5))).toThrow(/one target for each example/)
  })

  test("noise: ∇ᵢ = w − xᵢ has variance tr Σ and mean w − x̄, exactly", async () => {
    class Point extends nn.Module {
      w = nn.parameter(tensor([3, -4]))
      forward(x: Tensor): Tensor {
        return this.w.sub(x)
      }
    }
    const values = randn([400, 2])
    const half = (output: Tensor): Tensor => output.square().sum(1).mean().mul(0.5)
    const report = await gradientNoise(new Point(), values, values, { loss: half })
    // tr Σ = 2, |∇L|² = 25.
    expect(Math.abs(report.variance - 2)).toBeLessThan(0.25)
    expect(Math.abs(report.noiseScale - 2 / 25)).toBeLessThan(0.02)
    expect(report.signalToNoise).toBeGreaterThan(50)
    expect(report.normTest).toMatchObject({ passed: true, suggestedBatch: 1 })
    expect(Object.keys(report.parameters)).toEqual(["w"])
    expect(report.diversity * 400).toBeCloseTo(1, 0)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  test("a gradient that is all noise fails the norm test, and a larger batch is suggested", async () => {
    const model = nn.linear(2, 1)
    const report = await gradientNoise(model, randn([32, 2]), randn([32, 1]), { loss: nn.mse, theta: 0.05 })
    expect(report.normTest.passed).toBe(false)
    expect(report.normTest.suggestedBatch).toBeGreaterThan(32)
    await expect(gradientNoise(model, randn([1, 2]), randn([1, 1]), { loss: nn.mse })).rejects.toThrow(
      /2 examples/,
    )
  })
})

test("the slope over depth is that of an exponential law", () => {
  const law = depthSlope([8, 4, 2, 1])
  expect(law.factor).toBeCloseTo(0.5, 12)
  expect(law).toMatchObject({ firstToLast: 8 })
  expect(law.r2).toBeCloseTo(1, 12)
  expect(depthSlope([1, 0, 4]).factor).toBeCloseTo(2, 12)
  expect(depthSlope([0, 0]).factor).toBeNaN()
})

test("the operation that makes the first number that is not finite is named, with what it took", async () => {
  class Net extends nn.Module {
    inner = nn.linear(2, 2)
    forward(x: Tensor): Tensor {
      return this.inner.forward(x).relu().log().sum()
    }
  }
  const model = new Net()
  model.inner.loadStateDict({
    weight: tensor([
      [1, 0],
      [0, 1],
    ]),
    bias: tensor([0, 0]),
  })
  const cause = await findNonFinite(() => model.forward(tensor([[1, -2]])))
  expect(cause).toMatchObject({ op: "log", count: 1, shape: [1, 2] })
  expect(cause!.inputs[0]).toMatchObject({ min: 0, max: 1 })
  expect(await findNonFinite(() => model.forward(tensor([[1, 2]])))).toBeNull()
})

test("constants that are meant not to be finite are no cause", async () => {
  const model = nn.mlp([2, 4, 3])
  const [x, y] = [randn([4, 2]), tensor([0, 1, 2, 0], { dtype: "int32" })]
  expect(await findNonFinite(() => nn.crossEntropy(model.forward(x), y))).toBeNull()
  const huge = await findNonFinite(() => nn.crossEntropy(model.forward(x.mul(1e30)).mul(1e30), y))
  expect(huge).toMatchObject({ op: "mul", shape: [4, 3] })
  expect(huge!.inputs[0]!.max).toBeLessThan(1e32)
})
