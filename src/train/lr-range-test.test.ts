import { beforeEach, describe, expect, test } from "vitest"
import { DataLoader, gauss, spiral } from "../data/index.ts"
import * as nn from "../nn/index.ts"
import * as optim from "../optim/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { defaultGenerator, manualSeed, rand, setDefaultDevice, tensor, updateLater } from "../tensor/index.ts"
import type { LrRangeOptions } from "./index.ts"
import { fit, lrRangeTest } from "./index.ts"

beforeEach(() => {
  setDefaultDevice("wasm")
  manualSeed(1)
})

const data = spiral({ n: 200, seed: 3 })
const loader = () => new DataLoader(data, { batchSize: 50, shuffle: true, seed: 2 })

/** A layer with state of its own, and a use for random numbers. */
class Restless extends nn.Module {
  readonly seen = nn.buffer(tensor([0]))
  readonly hidden = nn.buffer(tensor([0]), { persistent: false })

  forward(x: Tensor): Tensor {
    if (!this.training) return x
    updateLater([
      { target: this.seen, value: this.seen.add(1) },
      { target: this.hidden, value: this.hidden.sub(1) },
    ])
    return x.mul(rand(x.shape).gt(0.1))
  }
}

const model = (): nn.Module =>
  nn.sequential(nn.linear(2, 16), nn.tanh(), new Restless(), nn.linear(16, 2)) as nn.Module

function everything(net: nn.Module, optimizer: optim.Optimizer): unknown {
  const numbers = (t: Tensor): number[] => Array.from(t.dataSync())
  const state = JSON.stringify(optimizer.stateDict(), (_, value) =>
    typeof value?.dataSync === "function" ? numbers(value) : value,
  )
  return {
    tensors: [...net.parameters(), ...net.buffers()].map(numbers),
    gradients: net.parameters().map(({ grad }) => grad && numbers(grad)),
    modes: net.modules().map(({ training }) => training),
    random: defaultGenerator.state,
    rates: optimizer.paramGroups.map(({ lr }) => lr),
    steps: optimizer.steps,
    state,
  }
}

describe("lrRangeTest", () => {
  test.for([
    ["before any step", 0],
    ["in the middle of a training", 2],
  ] as const)("leaves everything as it was, bit for bit: %s", async ([, epochs]) => {
    const net = model()
    const schedule = (step: number): number => 0.01 / (step + 1)
    const optimizer = new optim.Adam(net.parameters(), { lr: schedule })
    const batches = loader()
    // biome-ignore lint/suspicious/noFocusedTests: a training, not a test
    if (epochs > 0) await fit(net, batches, { optimizer, epochs })
    nn.crossEntropy(
      net.forward(batches[Symbol.iterator]().next().value[0]),
      tensor(new Array(50).fill(1), { dtype: "int32" }),
    ).backward()
    net.modules()[1]!.training = false
    const [before, epoch] = [everything(net, optimizer), batches.epoch]
    await lrRangeTest(net, batches, { optimizer, steps: 30 })
    expect(everything(net, optimizer)).toEqual(before)
    expect(batches.epoch).toBe(epoch)
  })

  test("a training after it is the training without it", async () => {
    const train = async (tested: boolean): Promise<number[]> => {
      manualSeed(5)
      const net = model()
      const optimizer = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 })
      const batches = loader()
      if (tested) await lrRangeTest(net, batches, { optimizer })
      // biome-ignore lint/suspicious/noFocusedTests: a training, not a test
      await fit(net, batches, { optimizer, epochs: 3 })
      return net.parameters().flatMap((p) => Array.from(p.dataSync()))
    }
    expect(await train(true)).toEqual(await train(false))
  })

  test("suggests a rate below where the loss turns, with its reason, and training with it works", async () => {
    const net = model()
    const optimizer = new optim.SGD(net.parameters(), { lr: 1 })
    const batches = new DataLoader(gauss({ n: 400, seed: 3 }), { batchSize: 100, shuffle: true })
    const found = await lrRangeTest(net, batches, { optimizer, from: 1e-4, to: 100, steps: 120 })
    const [begun, lowest] = found.range!
    expect(found.suggestion).toBeGreaterThan(1e-2)
    expect(found.suggestion).toBeLessThanOrEqual(lowest)
    expect(begun).toBeLessThan(lowest)
    expect(found.reason).toContain("falls fastest")
    expect(found.rates.length).toBe(found.losses.length)
    expect(found.rates[1]! / found.rates[0]!).toBeCloseTo(1e6 ** (1 / 119), 9)
    optimizer.lr = found.suggestion!
    // biome-ignore lint/suspicious/noFocusedTests: a training, not a test
    const { epochs } = await fit(net, batches, { optimizer, epochs: 5 })
    expect(epochs.at(-1)!.train.loss).toBeLessThan(epochs[0]!.train.loss!)
  })

  test("says so when no rate helps, and when numbers end", async () => {
    const net = model()
    const optimizer = new optim.SGD(net.parameters(), { lr: 1 })
    const small = await lrRangeTest(net, loader(), { optimizer, from: 1e-9, to: 1e-8 })
    expect([small.suggestion, small.range, small.ended]).toEqual([null, null, "all rates tried"])
    expect(small.reason).toContain("did not fall")
    const batch = [tensor([[Number.NaN, 1]]), tensor([1], { dtype: "int32" })] as const
    const broken = await lrRangeTest(net, [batch], { optimizer })
    expect([broken.ended, broken.losses.length]).toEqual(["the loss was not finite", 0])
    expect(broken.reason).toContain("very first loss")
  })

  test("an error in the middle leaves everything as it was, too", async () => {
    const net = model()
    const optimizer = new optim.Adam(net.parameters())
    const before = everything(net, optimizer)
    let calls = 0
    function* failing() {
      for (const batch of loader()) {
        if (++calls > 3) throw new Error("disk on fire")
        yield batch
      }
    }
    await expect(lrRangeTest(net, { [Symbol.iterator]: failing }, { optimizer })).rejects.toThrow(
      "disk on fire",
    )
    expect(everything(net, optimizer)).toEqual(before)
    const signal = AbortSignal.abort()
    await expect(lrRangeTest(net, loader(), { optimizer, signal })).rejects.toThrow("interrupted")
  })

  test.for<[string, Partial<LrRangeOptions>]>([
    ["bounds", { from: 0 }],
    ["bounds", { from: 2, to: 1 }],
    ["bounds", { to: Number.POSITIVE_INFINITY }],
    ["steps", { steps: 5 }],
    ["scale", { scale: "log" as never }],
    ["smoothing", { smoothing: 1 }],
    ["divergence", { divergence: 1 }],
    ["no optimizer", { optimizer: undefined as never }],
    ["there is no such option", { min: 3 } as never],
  ])("bad input: %s", async ([message, options]) => {
    const net = model()
    const optimizer = new optim.SGD(net.parameters(), { lr: 1 })
    await expect(lrRangeTest(net, loader(), { optimizer, ...options })).rejects.toThrow(message)
  })

  test("bad input: no batches", async () => {
    const net = model()
    const optimizer = new optim.SGD(net.parameters(), { lr: 1 })
    await expect(lrRangeTest(net, [], { optimizer })).rejects.toThrow("NABLA_EMPTY_DATA")
  })
})
