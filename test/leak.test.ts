import { memory, nn, optim, setDefaultDevice, type Tensor, tensor } from "nabla"
import { beforeAll, describe, expect, test } from "vitest"

beforeAll(() => setDefaultDevice("wasm"))

const STEPS = 10_000

/** A batch of ten points, new each time: the inputs and the sign of their product. */
function batch(step: number): [Tensor, Tensor] {
  const x = Float32Array.from({ length: 20 }, (_, i) => Math.sin(step * 20 + i * 1.7))
  const y = Float32Array.from({ length: 10 }, (_, i) => Math.sign(x[2 * i] * x[2 * i + 1]))
  return [tensor(x, { shape: [10, 2] }), tensor(y, { shape: [10, 1] })]
}

function network(): nn.Sequential {
  return nn.sequential(nn.linear(2, 4), nn.tanh(), nn.linear(4, 2), nn.tanh(), nn.linear(2, 1))
}

interface Held {
  readonly bytes: number
  readonly buffers: number
  readonly values: number
}

function held(): Held {
  const { liveBytes, liveAllocations, liveValues } = memory()
  return { bytes: liveBytes, buffers: liveAllocations, values: liveValues }
}

/** Bytes of the JavaScript heap that are in use after everything unused is gone. */
function heap(): number {
  if (globalThis.gc === undefined) throw new Error("run with --expose-gc")
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

describe("a plain loop of 10,000 steps", () => {
  test.for([
    ["SGD", (model: nn.Module) => new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 })],
    ["Adam", (model: nn.Module) => new optim.Adam(model.parameters(), { lr: 0.01 })],
  ] as const)("with %s holds as much at its end as at step 10", { timeout: 60_000 }, ([, make]) => {
    const model = network()
    const optimizer = make(model)
    let early: Held | undefined
    let earlyHeap = 0
    let first = 0
    let loss = tensor(0)
    for (let step = 1; step <= STEPS; step++) {
      const [x, y] = batch(step)
      loss = nn.mse(model.forward(x), y)
      optimizer.zeroGrad()
      loss.backward()
      optimizer.step()
      if (step === 1) first = loss.itemSync()
      if (step === 10) early = held()
      if (step === 1000) earlyHeap = heap()
    }
    expect(held()).toEqual(early)
    expect(heap() - earlyHeap).toBeLessThan(1e6)
    expect(loss.itemSync()).toBeLessThan(first)
  })
})

test("values that were read are let go while a loop goes on without an optimizer", async () => {
  if (globalThis.gc === undefined) throw new Error("run with --expose-gc")
  const arrays = (): number => {
    globalThis.gc!()
    return process.memoryUsage().arrayBuffers
  }
  const part = async (value: number): Promise<void> => {
    const x = tensor(new Float32Array(2 ** 20).fill(value), { shape: [2 ** 20] })
    await x.to("float64").data()
  }
  await part(0)
  const before = arrays()
  // 60 parts of 8 MiB each, if all of them stayed; as it is those of the last 2²² elements may.
  for (let i = 1; i <= 60; i++) await part(i)
  expect(arrays() - before).toBeLessThan(10 * 2 ** 23)
})
