import { describe, expect, test } from "vitest"
import { DataLoader, gauss, moons, spiral } from "../../data/index.ts"
import * as nn from "../../nn/index.ts"
import * as optim from "../../optim/index.ts"
import { manualSeed, type Tensor, tensor } from "../../tensor/index.ts"
import type { FitListener, FitOptions, StepEvent } from "../index.ts"
import { EarlyStopping, evaluate, fit as fitModel, StochasticWeightAveraging, WeightEMA } from "../index.ts"
import { SampleDump } from "./index.ts"

const data = gauss({ n: 60, seed: 1 })
const loader = () => new DataLoader(data, { batchSize: 20 })
const model = (widths = [2, 6, 2]) => {
  manualSeed(3)
  return nn.mlp(widths)
}
const weights = (net: nn.Module) => net.parameters().map((p) => [...p.dataSync()])

async function train(net: nn.Module, options: Partial<FitOptions>) {
  const optimizer = optim.sgd(net.parameters(), { lr: 0.1 })
  return fitModel(net, loader(), { optimizer, ...options })
}

/** Says what the held-out loss was, whatever the model does. */
function scripted(stopping: EarlyStopping, losses: readonly number[]): FitListener {
  return {
    onEpoch: (event, training) =>
      stopping.onEpoch({ ...event, test: { loss: losses[event.epoch - 1]! } }, training),
    onEnd: (event, training) => stopping.onEnd(event, training),
  }
}

describe("early stopping", () => {
  test("ends after patience epochs and gives back the weights of the best", async () => {
    const stopping = new EarlyStopping({ patience: 2 })
    const net = model()
    const kept: number[][][] = []
    const keep = { onEpoch: () => void kept.push(weights(net)) }
    const result = await train(net, {
      epochs: 9,
      callbacks: [keep, scripted(stopping, [3, 1, 2, Number.NaN, 0])],
    })
    expect([result.status, result.epochs.length, stopping.best, stopping.bestEpoch]).toEqual([
      "completed",
      4,
      1,
      2,
    ])
    expect(result.stopped).toMatch(/not improved for 2 epochs: best 1 in epoch 2/)
    expect(weights(net)).toEqual(kept[1])
  })

  test("minDelta, mode and restoreBest", async () => {
    const stopping = new EarlyStopping({ patience: 1, minDelta: 0.5, restoreBest: false })
    const net = model()
    const result = await train(net, { epochs: 9, callbacks: [scripted(stopping, [3, 2.8])] })
    expect([result.epochs.length, stopping.best]).toEqual([2, 3])
    const rising = new EarlyStopping({ monitor: "accuracy", patience: 50 })
    await train(net, { epochs: 2, test: loader(), callbacks: [rising] })
    expect(rising.best).toBeGreaterThan(0.5)
  })

  test("goes on from its state", async () => {
    const [first, second] = [new EarlyStopping({ patience: 2 }), new EarlyStopping({ patience: 2 })]
    const net = model()
    await train(net, { epochs: 2, callbacks: [scripted(first, [1, 2])] })
    second.loadStateDict(first.stateDict())
    const { epochs } = await train(net, { epochs: 5, callbacks: [scripted(second, [3, 3, 3])] })
    expect(epochs.length).toBe(1)
  })

  test("bad options and unknown values are refused", async () => {
    expect(() => new EarlyStopping({ patience: 0 })).toThrow("NABLA_INVALID_ARGUMENT")
    expect(() => new EarlyStopping({ minDelta: -1 })).toThrow("minDelta")
    expect(() => new EarlyStopping({ patient: 3 } as object)).toThrow("there is no such option")
    await expect(train(model(), { callbacks: [new EarlyStopping({ monitor: "f1" })] })).rejects.toThrow(
      /no such value to watch[\s\S]*loss \| accuracy/,
    )
  })
})

describe("averages of weights", () => {
  test("a running average is the formula's, and leaves the training as it is", async () => {
    const [plain, averaged] = [model([2, 2]), model([2, 2])]
    const path: number[][][] = []
    await train(plain, { epochs: 2, listeners: [{ onStep: () => void path.push(weights(plain)) }] })
    let trained: number[][] = []
    const ema = new WeightEMA({ decay: 0.8 })
    await train(averaged, {
      epochs: 2,
      test: loader(),
      callbacks: [{ onEnd: () => void (trained = weights(averaged)) }, ema],
    })
    expect(trained).toEqual(path.at(-1))
    const expected = path
      .slice(1)
      .reduce((mean, at) => mean.map((p, i) => p.map((v, k) => 0.8 * v + 0.2 * at[i]![k]!)), path[0]!)
    weights(averaged).forEach((p, i) => {
      p.forEach((v, k) => expect(v).toBeCloseTo(expected[i]![k]!, 5))
    })
  })

  test("held-out data are evaluated with the averages", async () => {
    const net = model()
    const { epochs } = await train(net, {
      epochs: 3,
      test: loader(),
      callbacks: [new StochasticWeightAveraging({ start: 1 })],
    })
    expect(await evaluate(net, loader())).not.toEqual(epochs.at(-1)!.test)
    const ema = model()
    const result = await train(ema, { epochs: 3, test: loader(), callbacks: [new WeightEMA({ decay: 0.5 })] })
    expect(await evaluate(ema, loader())).toEqual(result.epochs.at(-1)!.test)
  })

  test("stochastic averaging is the mean of the epochs' weights; batch norms get its statistics", async () => {
    manualSeed(1)
    const net = nn.sequential(nn.linear(2, 4), nn.batchNorm1d(4), nn.linear(4, 2))
    const path: number[][][] = []
    const swa = new StochasticWeightAveraging({ start: 2, statisticsFrom: loader() })
    await train(net, { epochs: 3, callbacks: [{ onEpoch: () => void path.push(weights(net)) }, swa] })
    weights(net).forEach((p, i) => {
      p.forEach((v, k) => expect(v).toBeCloseTo((path[1]![i]![k]! + path[2]![i]![k]!) / 2, 5))
    })
    expect(() => new WeightEMA({ decay: 1 })).toThrow("NABLA_INVALID_ARGUMENT")
    expect(() => new StochasticWeightAveraging({ start: 0 })).toThrow("NABLA_INVALID_ARGUMENT")
  })
})

test("samples of fixed inputs are handed on, in evaluation mode", async () => {
  manualSeed(1)
  const net = nn.sequential(nn.linear(2, 2), nn.dropout({ p: 0.9 }))
  const seen: unknown[] = []
  const write = async ({ epoch, output }: { epoch: number; output: Tensor }) => {
    seen.push([epoch, output.shape, net.training, (await output.data()).every((v) => v !== 0)])
  }
  const dump = new SampleDump({ inputs: tensor([[1, 2]]), every: 2, write })
  await train(net, { epochs: 4, callbacks: [dump] })
  expect(seen).toEqual([
    [2, [1, 2], false, true],
    [4, [1, 2], false, true],
  ])
  expect(net.training).toBe(true)
})

describe("fit's options", () => {
  const points = spiral({ n: 70, seed: 2 })

  async function run(batchSize: number, options: Partial<FitOptions>) {
    const net = model()
    const steps: StepEvent[] = []
    const optimizer = optim.adam(net.parameters(), { lr: 0.05 })
    const result = await fitModel(net, new DataLoader(points, { batchSize }), {
      optimizer,
      epochs: 2,
      listeners: [{ onStep: (event) => void steps.push(event) }],
      ...options,
    })
    return { net, steps, result }
  }

  test("gradients accumulated over batches make the step of one large batch, the last one too", async () => {
    const [large, small, plain] = await Promise.all([
      run(30, {}),
      run(10, { accumulate: 3 }),
      run(10, { accumulate: 3, capture: false }),
    ])
    expect(weights(small.net)).toEqual(weights(plain.net))
    expect(small.steps.map(({ step, batch, samples }) => [step, batch, samples])).toEqual([
      [1, 3, 30],
      [2, 6, 60 - 30],
      [3, 7, 10],
      [4, 3, 30],
      [5, 6, 30],
      [6, 7, 10],
    ])
    weights(small.net).forEach((p, i) => {
      p.forEach((v, k) => expect(v).toBeCloseTo(weights(large.net)[i]![k]!, 4))
    })
    small.steps.forEach(({ values }, i) => expect(values.loss).toBeCloseTo(large.steps[i]!.values.loss!, 4))
  })

  test.each([1, 20])("with averages the best average is restored, patience %i", async (patience) => {
    const held = new DataLoader(moons({ n: 60, noise: 0.6, seed: 8 }), { batchSize: 60 })
    const stopping = new EarlyStopping({ patience, weights: "evaluated" })
    const { net, result } = await run(10, {
      epochs: 12,
      test: held,
      evaluateEvery: 4,
      callbacks: [new WeightEMA({ decay: 0.8 }), stopping],
    })
    const losses = result.epochs.map(({ test }) => test!.loss!)
    expect(stopping.best).toBe(Math.min(...losses))
    expect((await evaluate(net, held)).loss).toBe(stopping.best)
  })

  test("steps tell their rate; evaluations within epochs", async () => {
    const seen: unknown[] = []
    const listeners: FitListener[] = [
      {
        onStep: ({ lr }) => void seen.push(lr),
        onEvaluation: ({ step }) => void seen.push(`evaluated ${step}`),
      },
    ]
    const test = new DataLoader(points, { batchSize: 35 })
    await run(30, { epochs: 1, listeners, test, evaluateEvery: 2 })
    expect(seen).toEqual([0.05, 0.05, "evaluated 2", 0.05])
  })

  test("callbacks leave the step captured, and a step can be the last", async () => {
    const notices: string[] = []
    const stop: FitListener = { onStep: ({ step }, training) => void (step === 4 && training.stop("enough")) }
    const { result } = await run(10, {
      callbacks: [new WeightEMA(), new EarlyStopping(), stop],
      listeners: [{ onNotice: (text) => void notices.push(text) }],
    })
    expect([result.status, result.steps, result.stopped, notices]).toEqual(["completed", 4, "enough", []])
  })

  test("gradients are cut off", async () => {
    const { net } = await run(70, {
      epochs: 1,
      clipGradValue: 0,
      optimizer: optim.sgd(model().parameters(), { lr: 1 }),
    })
    expect(weights(net)).toEqual(weights(model()))
    await expect(run(10, { accumulate: 0 })).rejects.toThrow("accumulate is no such number")
  })
})
