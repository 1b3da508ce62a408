import { afterEach, describe, expect, test } from "vitest"
import { DataLoader, gauss, spiral } from "../data/index.ts"
import * as nn from "../nn/index.ts"
import * as optim from "../optim/index.ts"
import type { DeviceName } from "../tensor/index.ts"
import { manualSeed, setDefaultDevice, type Tensor, tensor } from "../tensor/index.ts"
import { evaluate } from "./evaluate.ts"
import type { EndEvent, EpochEvent, StepEvent } from "./events.ts"
// Under its own name the linter takes it for a focused test.
import { fit as fitModel } from "./fit.ts"

afterEach(() => setDefaultDevice("wasm"))

function smallModel(seed = 3): nn.Sequential {
  manualSeed(seed)
  return nn.sequential(nn.linear(2, 8), nn.tanh(), nn.linear(8, 2))
}

const points = spiral({ n: 60, seed: 1 })
const loader = () => new DataLoader(points, { batchSize: 16, shuffle: true, seed: 2 })
const weights = (model: nn.Module) => model.parameters().map((parameter) => [...parameter.dataSync()])

/** A listener that keeps all that it is told. */
function listening() {
  const steps: StepEvent[] = []
  const epochs: EpochEvent[] = []
  const ends: EndEvent[] = []
  const listener = {
    onStep: (event: StepEvent) => void steps.push(event),
    onEpoch: (event: EpochEvent) => void epochs.push(event),
    onEnd: (event: EndEvent) => void ends.push(event),
  }
  return { steps, epochs, ends, listener }
}

describe("fit", () => {
  test("gives the same bits as the plain loop", async () => {
    const plain = smallModel()
    const optimizer = new optim.Adam(plain.parameters(), { lr: 0.01 })
    const data = loader()
    for (let epoch = 0; epoch < 3; epoch++) {
      for (const [x, y] of data) {
        const loss = nn.crossEntropy(plain.forward(x), y)
        optimizer.zeroGrad()
        loss.backward()
        optimizer.step()
      }
    }
    const fitted = smallModel()
    await fitModel(fitted, loader(), {
      optimizer: new optim.Adam(fitted.parameters(), { lr: 0.01 }),
      epochs: 3,
    })
    expect(weights(fitted)).toEqual(weights(plain))
  })

  test("takes batches that come one after the other, with the bits of those in memory", async () => {
    const [whole, streamed] = [smallModel(), smallModel()]
    const optimizerOf = (model: nn.Module) => new optim.Adam(model.parameters(), { lr: 0.01 })
    const batches = [...loader()]
    const stream = {
      async *[Symbol.asyncIterator]() {
        yield* batches
      },
    }
    await fitModel(whole, batches, { optimizer: optimizerOf(whole), epochs: 2, test: batches })
    const { epochs } = await fitModel(streamed, stream, {
      optimizer: optimizerOf(streamed),
      epochs: 2,
      test: stream,
    })
    expect(weights(streamed)).toEqual(weights(whole))
    expect(epochs[1]!.test).toEqual(await evaluate(whole, batches))
  })

  test("learns, and tells listeners what happened", async () => {
    const model = smallModel()
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 })
    const data = new DataLoader(gauss({ n: 60, seed: 1 }), { batchSize: 16, shuffle: true })
    const test = new DataLoader(gauss({ n: 20, seed: 2 }), { batchSize: 20 })
    const heard = listening()
    const result = await fitModel(model, data, { optimizer, epochs: 5, test, listeners: [heard.listener] })
    expect(result).toMatchObject({ status: "completed", steps: 20 })
    expect(heard.steps.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    expect(heard.steps[5]).toMatchObject({ epoch: 2, epochs: 5, batch: 2, batches: 4, samples: 16 })
    expect(heard.steps[7].samples).toBe(60 - 3 * 16)
    expect(heard.epochs.at(-1)?.test?.accuracy).toBe(1)
    expect(heard.epochs.at(-1)?.train.loss).toBeLessThan(heard.epochs[0].train.loss / 2)
    expect(heard.ends).toEqual([result])
    expect(model.training).toBe(true)
  })

  test("means are over samples, not over batches", async () => {
    const model = smallModel()
    const optimizer = { zeroGrad() {}, step() {} }
    const heard = listening()
    await fitModel(model, loader(), { optimizer, listeners: [heard.listener] })
    const { loss, accuracy } = await evaluate(model, new DataLoader(points, { batchSize: 60 }))
    expect(heard.epochs[0].train.loss).toBeCloseTo(loss, 6)
    expect(heard.epochs[0].train.accuracy).toBeCloseTo(accuracy, 6)
  })

  test("takes another loss and other metrics", async () => {
    manualSeed(1)
    const model = nn.sequential(nn.linear(1, 1))
    const x = tensor([[0], [1], [2]])
    const batches = [[x, x.mul(3).add(1)] as const]
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.2 })
    const worst = (output: Tensor, target: Tensor) => output.sub(target).abs().amax()
    const options = { optimizer, epochs: 300, loss: nn.mse, metrics: { worst } }
    const { epochs } = await fitModel(model, batches, options)
    expect(Object.keys(epochs[0].train)).toEqual(["loss", "worst"])
    expect(epochs.at(-1)?.train.worst).toBeLessThan(1e-3)
  })

  test("refuses a number of epochs that is none", async () => {
    const optimizer = { zeroGrad() {}, step() {} }
    await expect(fitModel(smallModel(), loader(), { optimizer, epochs: 0 })).rejects.toThrow(
      "[NABLA_INVALID_ARGUMENT]",
    )
  })
})

describe("a training that is cut short", () => {
  test("by its signal ends after the step at hand, as interrupted", async () => {
    const model = smallModel()
    const controller = new AbortController()
    const heard = listening()
    const stop = { onStep: ({ step }: StepEvent) => (step === 6 ? controller.abort() : undefined) }
    const optimizer = new optim.Adam(model.parameters())
    const listeners = [stop, heard.listener]
    const result = await fitModel(model, loader(), {
      optimizer,
      epochs: 9,
      listeners,
      signal: controller.signal,
    })
    expect(result).toMatchObject({ status: "interrupted", steps: 6 })
    expect(result.epochs.length).toBe(1)
    expect(heard.ends.length).toBe(1)
  })

  test("by a listener's error ends as failed with that error, and every listener hears of it once", async () => {
    const model = smallModel()
    const heard = listening()
    const broken = {
      onStep: () => {
        throw new Error("disk full")
      },
      onEnd: () => {
        throw new Error("still full")
      },
    }
    const optimizer = new optim.Adam(model.parameters())
    const listeners = [broken, heard.listener]
    await expect(fitModel(model, loader(), { optimizer, listeners })).rejects.toThrow("disk full")
    expect(heard.ends).toMatchObject([{ status: "failed", steps: 1, error: { message: "disk full" } }])
  })

  test("lets timers run while it goes on", async () => {
    const model = smallModel()
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 30)
    const optimizer = new optim.Adam(model.parameters())
    const result = await fitModel(model, loader(), { optimizer, epochs: 1e6, signal: controller.signal })
    expect(result.status).toBe("interrupted")
  })
})

describe("a loss that is not finite", () => {
  const failing = (model: nn.Module, batches: readonly (readonly [Tensor, Tensor])[]) => {
    const heard = listening()
    const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3 })
    const done = fitModel(model, batches, { optimizer, epochs: 2, listeners: [heard.listener] })
    return { heard, done }
  }
  const labels = tensor([0, 1], { dtype: "int32" })
  const good = [
    tensor([
      [1, 2],
      [3, 4],
    ]),
    labels,
  ] as const

  test("names the step and the first layer, and leaves the parameters from before", async () => {
    const model = nn.sequential(nn.linear(2, 2), new Doubling(), new Doubling())
    const before: number[][][] = []
    const large = [
      tensor([
        [1e38, 1e38],
        [1, 1],
      ]),
      labels,
    ] as const
    model.parameters()[0].replace(
      tensor(
        [
          [1, 1],
          [0, 0],
        ],
        { requiresGrad: true },
      ).node,
    )
    model.registerForwardPreHook(() => {
      before.push(weights(model))
      return undefined
    })
    const { done, heard } = failing(model, [good, large])
    await expect(done).rejects.toMatchObject({
      code: "NABLA_NON_FINITE",
      message: expect.stringMatching(/^1 \(Doubling\): the loss is (NaN|Infinity) at step 2 \(epoch 1\)/),
    })
    expect(heard.ends).toMatchObject([{ status: "failed", steps: 1 }])
    expect(weights(model)).toEqual(before[1])
    expect(before[1]).not.toEqual(before[0])
  })

  test("names the first operation, with what it took", async () => {
    const model = smallModel()
    const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3 })
    const loss = (output: Tensor): Tensor => output.abs().neg().sub(1).log().mean()
    const done = fitModel(model, [good], { optimizer, loss, metrics: {} })
    await expect(done).rejects.toMatchObject({
      code: "NABLA_NON_FINITE",
      message: expect.stringMatching(
        /the first operation is log of values from -\S+ to -\S+, which gave 4 that are not finite/,
      ),
    })
  })

  test("by a bad input names the input", async () => {
    const bad = [
      tensor([
        [1, Number.NaN],
        [3, 4],
      ]),
      labels,
    ] as const
    const { done } = failing(smallModel(), [good, bad])
    await expect(done).rejects.toMatchObject({
      message: expect.stringMatching(
        /^input: the loss is NaN at step 2 \(epoch 1\)[\s\S]*1 NaN of 4 numbers/,
      ),
    })
  })

  test("by a bad parameter names the layer and the parameter", async () => {
    const model = smallModel()
    const values = new Float32Array(16).fill(0.1)
    values[3] = Number.POSITIVE_INFINITY
    model.parameters()[2].replace(tensor(values, { shape: [2, 8], requiresGrad: true }).node)
    const { done } = failing(model, [good])
    await expect(done).rejects.toMatchObject({
      message: expect.stringMatching(
        /^2 \(Linear\)[\s\S]*1 infinite of 16 numbers in the parameter 2\.weight/,
      ),
    })
  })

  test("by the loss function itself says so", async () => {
    const model = smallModel()
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
    const loss = (output: Tensor) => output.mean().mul(Number.POSITIVE_INFINITY)
    await expect(fitModel(model, [good], { optimizer, loss })).rejects.toMatchObject({
      message: expect.stringMatching(/^loss: /),
    })
  })

  test("by a rate that is too high leaves the last finite parameters", async () => {
    const model = smallModel()
    const optimizer = new optim.SGD(model.parameters(), { lr: 1e38 })
    const done = fitModel(model, loader(), { optimizer, epochs: 50 })
    await expect(done).rejects.toMatchObject({
      message: expect.stringMatching(/^(2 \(Linear\)|loss): .*step \d/),
    })
    for (const parameter of weights(model)) expect(parameter.every(Number.isFinite)).toBe(true)
  })
})

/** Twice its input. */
class Doubling extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.mul(2)
  }
}

describe("evaluate", () => {
  test("works in evaluation mode and puts the model back", async () => {
    const model = nn.sequential(new Doubling(), nn.linear(2, 2))
    const modes: boolean[] = []
    model.layers[0].registerForwardHook((module) => void modes.push(module.training))
    model.train()
    await evaluate(model, loader())
    expect(modes).toEqual([false, false, false, false])
    expect(model.training).toBe(true)
  })
})

describe("devices", () => {
  const cnn = () =>
    nn.sequential(
      nn.conv2d(1, 3, 3, { padding: 1 }),
      nn.relu(),
      nn.maxPool2d(2),
      nn.flatten(),
      nn.linear(27, 3),
    )
  const images = () => {
    manualSeed(5)
    return Array.from({ length: 5 }, () => {
      const x = tensor(
        Array.from({ length: 4 * 36 }, (_, i) => Math.sin(i * i)),
        { shape: [4, 1, 6, 6] },
      )
      return [x, tensor([0, 1, 2, 1], { dtype: "int32" })] as const
    })
  }
  const cases = [
    { name: "perceptron", model: () => smallModel(), data: loader, steps: 52, epochs: 13 },
    { name: "convolutions", model: cnn, data: images, steps: 50, epochs: 10 },
  ]
  test.for(cases)(
    "wasm and reference agree over 50 steps of a $name",
    async ({ model, data, steps, epochs }) => {
      const curve = async (device: DeviceName) => {
        setDefaultDevice(device)
        manualSeed(7)
        const net = model()
        const heard = listening()
        const optimizer = new optim.Adam(net.parameters(), { lr: 0.01 })
        await fitModel(net, data(), { optimizer, epochs, listeners: [heard.listener] })
        return heard.steps.map(({ values }) => values.loss)
      }
      const [fast, exact] = [await curve("wasm"), await curve("reference")]
      expect(fast.length).toBe(steps)
      const worst = Math.max(...fast.map((loss, i) => Math.abs(loss - exact[i]) / Math.abs(exact[i])))
      console.log(`worst relative difference of the losses: ${worst.toExponential(1)}`)
      expect(worst).toBeLessThan(1e-4)
      expect(exact.at(-1)).toBeLessThan(exact[0])
    },
  )
})
