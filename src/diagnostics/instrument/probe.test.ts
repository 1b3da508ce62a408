import { beforeEach, describe, expect, test } from "vitest"
import { DataLoader, spiral } from "../../data/index.ts"
import * as nn from "../../nn/index.ts"
import * as optim from "../../optim/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { compile, manualSeed, profile, randn, setDefaultDevice, tensor } from "../../tensor/index.ts"
import { fit as train } from "../../train/index.ts"
import type { InstrumentOptions } from "../index.ts"
import { instrument } from "../index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const batches = [...new DataLoader(spiral({ n: 60, seed: 1 }), { batchSize: 20 })]

class Net extends nn.Module {
  hidden = nn.linear(2, 8)
  norm = nn.batchNorm1d(8)
  out = nn.linear(8, 2)
  forward(x: Tensor): Tensor {
    return this.out.forward(this.norm.forward(this.hidden.forward(x)).tanh())
  }
}

function training(make: () => nn.Module = () => new Net()) {
  manualSeed(4)
  const model = make()
  const optimizer = optim.adam(model.parameters(), { lr: 0.05 })
  const body = (x: Tensor, y: Tensor): Tensor => {
    const loss = nn.crossEntropy(model.forward(x), y)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    return loss
  }
  return { model, optimizer, body }
}

const weights = (model: nn.Module) => model.parameters().map((parameter) => [...parameter.dataSync()])

async function observe(captured: boolean, options: InstrumentOptions, steps = 9) {
  const { model, body } = training()
  const probe = instrument(model, options)
  const step = captured ? compile(body) : body
  for (let i = 0; i < steps; i++) {
    const [x, y] = batches[i % batches.length]!
    step(x, y)
    await probe.after()
  }
  return { model, probe, step }
}

describe("a probe", () => {
  test.each(["cheap", "default", "full"] as const)("sees the same in a captured step: %s", async (tier) => {
    const plain = await observe(false, { tier, every: 2 })
    const fast = await observe(true, { tier, every: 2 })
    expect(fast.probe.observations).toEqual(plain.probe.observations)
    expect(fast.probe.observations.map(({ step }) => step)).toEqual([1, 3, 5, 7, 9])
    expect(JSON.parse(JSON.stringify(plain.probe.latest))).toEqual(plain.probe.latest)
  })

  test("changes nothing of the training", async () => {
    const { model, body } = training()
    for (let i = 0; i < 9; i++) body(...(batches[i % 3] as [Tensor, Tensor]))
    expect(weights((await observe(true, { tier: "full" })).model)).toEqual(weights(model))
  })

  test("costs nothing in steps that it does not look at, and once it is detached", async () => {
    const run = async (attach: boolean) => {
      const { model, body } = training()
      const step = compile(body)
      const probe = attach ? instrument(model, { every: 5 }) : null
      const kernels: string[][] = []
      for (let i = 0; i < 20; i++) {
        const looked = profile(() => void step(...(batches[0] as [Tensor, Tensor])))
        kernels.push(looked.kernels.map(({ name, elements, count }) => `${name} ${elements} ${count}`).sort())
        if (probe !== null) await probe.after()
        if (i === 15) probe?.detach()
      }
      return { kernels, model }
    }
    const [bare, probed] = [await run(false), await run(true)]
    expect(probed.kernels[13]).toEqual(bare.kernels[13])
    expect(probed.kernels[19]).toEqual(bare.kernels[19])
    expect(probed.kernels[15]!.length).toBeGreaterThan(bare.kernels[15]!.length)
    expect(probed.model.modules().every(({ hooked }) => !hooked)).toBe(true)
  })

  test("works with fit, which keeps capturing its steps", async () => {
    const { model, optimizer } = training()
    const probe = instrument(model, { every: 3 })
    let calls = 0
    const forward = model.forward
    model.forward = (x) => {
      calls++
      return forward(x)
    }
    const notices: string[] = []
    await train(model, batches, {
      optimizer,
      epochs: 6,
      listeners: [probe, { onNotice: (message) => void notices.push(message) }],
    })
    expect(probe.observations.map(({ step }) => step)).toEqual([1, 4, 7, 10, 13, 16])
    expect(notices).toEqual([])
    expect(calls).toBeLessThan(8)
  })

  test("gives the statistics of outputs, gradients and parameters", async () => {
    manualSeed(1)
    const first = nn.linear(3, 4)
    const model = nn.sequential(first, nn.relu(), nn.linear(4, 1))
    const optimizer = optim.sgd(model.parameters(), { lr: 0.1 })
    const probe = instrument(model, { tier: "full", bins: 4 })
    const [x, y] = [randn([16, 3]), randn([16, 1])]
    const before = model.parameters().map((parameter) => [...parameter.dataSync()])
    const hidden = [...first.forward(x).relu().dataSync()]
    const loss = nn.mse(model.forward(x), y)
    loss.backward()
    const slope = [...model.parameters()[0]!.grad!.dataSync()]
    optimizer.step()
    const { layers, parameters, gradientNorm } = (await probe.after())!
    expect(layers.map(({ path, type }) => `${path} ${type}`)).toEqual(["0 Linear", "1 relu", "2 Linear"])
    const [, relu] = layers
    const mean = hidden.reduce((a, b) => a + b, 0) / 64
    expect(relu!.output.mean).toBeCloseTo(mean, 5)
    expect(relu!.output.std).toBeCloseTo(Math.sqrt(hidden.reduce((a, b) => a + (b - mean) ** 2, 0) / 64), 5)
    expect(relu!.saturated).toBeCloseTo(hidden.filter((v) => v === 0).length / 64, 6)
    expect(relu!.output.zeros).toBeCloseTo(relu!.saturated!, 6)
    expect(relu!.output.histogram!.counts.reduce((a, b) => a + b, 0)).toBe(64)
    expect(relu!.gradient!.rms).toBeGreaterThan(0)
    const [weight] = parameters
    const norm = (values: readonly number[]) => Math.hypot(...values)
    expect(weight!.gradientNorm).toBeCloseTo(norm(slope), 5)
    expect(weight!.weightNorm).toBeCloseTo(norm(before[0]!), 5)
    expect(weight!.updateRatio).toBeCloseTo((0.1 * norm(slope)) / norm(before[0]!), 5)
    expect(weight!.drift).toBeCloseTo(weight!.updateRatio!, 5)
    expect(gradientNorm).toBeCloseTo(Math.hypot(...parameters.map((p) => p.gradientNorm)), 5)
  })

  test("counts units that stay dead, and names the first place that is not finite", async () => {
    const layer = nn.linear(2, 3)
    layer.loadStateDict({
      weight: tensor([
        [1, 0],
        [0, 1],
        [0, 0],
      ]),
      bias: tensor([0, 0, -1]),
    })
    const model = nn.sequential(layer, nn.relu(), nn.linear(3, 1))
    const probe = instrument(model, { every: 1, window: 2 })
    const optimizer = optim.sgd(model.parameters(), { lr: 0 })
    for (const x of [tensor([[1, -1]]), tensor([[-1, 1]]), tensor([[-1, NaN]])]) {
      model.forward(x).sum().backward()
      optimizer.step()
      await probe.after()
    }
    const relu = probe.observations.map(({ layers }) => layers[1]!)
    expect(relu.map(({ deadUnits }) => deadUnits).slice(0, 2)).toEqual([2, 2])
    expect(relu.map(({ deadInWindow }) => deadInWindow).slice(0, 2)).toEqual([0, 1])
    expect(probe.nonFinite).toEqual({ step: 3, path: "0", type: "Linear", direction: "forward" })
  })

  test("refuses options that it does not have", () => {
    const model = new Net()
    expect(() => instrument(model, { evry: 2 } as object)).toThrow(/evry/)
    expect(() => instrument(model, { every: 0 })).toThrow(/whole number ≥ 1/)
    expect(() => instrument(model, { tier: "best" as "full" })).toThrow(/cheap, default, full/)
  })
})
