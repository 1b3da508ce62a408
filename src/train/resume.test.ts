import { beforeEach, describe, expect, test } from "vitest"
import { compose, DataLoader, glyphs, randomCrop, randomHorizontalFlip, spiral } from "../data/index.ts"
import * as nn from "../nn/index.ts"
import * as optim from "../optim/index.ts"
import * as schedules from "../schedules/index.ts"
import { Generator, manualSeed, randn, randnLike, setDefaultDevice, type Tensor } from "../tensor/index.ts"
import { EarlyStopping, WeightEMA } from "./callbacks/index.ts"
import type { Checkpoint } from "./checkpoint.ts"
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts"
import type { Batches } from "./evaluate.ts"
import type { EpochEvent, StepEvent } from "./events.ts"
// Under its own name the linter takes it for a focused test.
import type { FitOptions } from "./fit.ts"
import { fit as fitModel } from "./fit.ts"

beforeEach(() => setDefaultDevice("wasm"))

interface Setup {
  readonly model: nn.Module
  readonly data: Batches
  readonly options: FitOptions
}

/** What came of a training: the bits of all its state, and the loss of each step. */
interface Outcome {
  readonly state: Record<string, ArrayLike<number>>
  readonly losses: Map<number, number>
  readonly epochs: unknown
}

async function run(make: () => Setup, extra: Partial<FitOptions> = {}): Promise<Outcome> {
  const { model, data, options } = make()
  const losses = new Map<number, number>()
  const follow = { onStep: ({ step, values }: StepEvent) => void losses.set(step, values.loss!) }
  const listeners = [...(options.listeners ?? []), follow]
  const result = await fitModel(model, data, { ...options, ...extra, listeners })
  const state = await Promise.all(
    Object.entries(model.stateDict()).map(async ([name, t]) => [name, await t.data()] as const),
  )
  const epochs = result.epochs.map(({ train, test }) => ({ train, test }))
  return { state: Object.fromEntries(state), losses, epochs }
}

/** All checkpoints of a training, as they would be on disk. */
async function kept(make: () => Setup): Promise<{ whole: Outcome; files: Uint8Array[] }> {
  const files: Uint8Array[] = []
  const save = async (checkpoint: Checkpoint): Promise<void> =>
    void files.push(await encodeCheckpoint(checkpoint))
  const whole = await run(make, { checkpoint: { due: () => true, save } })
  return { whole, files }
}

/** A training that is left at any of its checkpoints and goes on in objects made anew ends in the same bits. */
async function expectSame(make: () => Setup): Promise<void> {
  const plain = await run(make)
  const { whole, files } = await kept(make)
  expect(whole).toEqual(plain)
  const every = Math.max(1, Math.floor(files.length / 5))
  for (let i = 0; i < files.length; i += every) {
    const resume = await decodeCheckpoint(files[i]!)
    const rest = await run(
      () => {
        const made = make()
        // Whatever was drawn since must not matter.
        manualSeed(99)
        return made
      },
      { resume },
    )
    expect(rest.state).toEqual(plain.state)
    expect(rest.epochs).toEqual(plain.epochs)
    for (const [step, loss] of rest.losses) expect(loss).toBe(plain.losses.get(step))
    expect(rest.losses.size).toBe(plain.losses.size - resume.position.step)
  }
}

/** An image classifier with all that draws random numbers or keeps statistics. */
function images(optimizer: (model: nn.Module) => optim.Optimizer, extra: Partial<FitOptions> = {}) {
  return (): Setup => {
    manualSeed(5)
    const model = nn.sequential(
      nn.conv2d(1, 4, 3, { stride: 2 }),
      nn.batchNorm2d(4),
      nn.relu(),
      nn.flatten(),
      nn.dropout({ p: 0.3 }),
      nn.linear(4 * 13 * 13, 10),
    )
    const augment = compose(randomHorizontalFlip(), randomCrop({ size: 28, padding: 2 }))
    const data = new DataLoader(glyphs({ n: 40, seed: 3 }), {
      batchSize: 12,
      shuffle: true,
      seed: 8,
      augment,
    })
    const test = new DataLoader(glyphs({ n: 10, seed: 3, start: 40 }), { batchSize: 5, shuffle: true })
    return { model, data, options: { optimizer: optimizer(model), test, epochs: 3, ...extra } }
  }
}

describe("a training goes on with the same bits", () => {
  test("with Adam, dropout, batch norm, augmentation and a schedule", async () => {
    const lr = schedules.cosine(1e-2, 12)
    await expectSame(images((model) => optim.adam(model.parameters(), { lr })))
  })

  test("with momentum, accumulated batches and clipped gradients", async () => {
    const make = (model: nn.Module) =>
      new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 })
    await expectSame(images(make, { accumulate: 3, clipGradNorm: 0.5 }))
  })

  test("with a generator of its own, averaged weights, early stopping and a rate that falls on a plateau", async () => {
    await expectSame(() => {
      const generator = new Generator(4)
      class Noisy extends nn.Module {
        readonly noise = generator
        readonly inner = nn.mlp([2, 8, 2])
        forward(x: Tensor): Tensor {
          return this.inner.forward(x.add(randn(x.shape, { generator: this.noise }).mul(0.3)))
        }
      }
      manualSeed(1)
      const model = new Noisy()
      const data = new DataLoader(spiral({ n: 40, seed: 1 }), { batchSize: 16, shuffle: true })
      const test = new DataLoader(spiral({ n: 20, seed: 2 }), { batchSize: 20 })
      const patient = schedules.plateau(0.1, { patience: 0, factor: 0.5 })
      const watch = { onEpoch: ({ test: held }: EpochEvent) => void patient.observe(held!.loss!) }
      const callbacks = [new WeightEMA({ decay: 0.9, evaluate: true }), new EarlyStopping({ patience: 2 })]
      const optimizer = optim.sgd(model.parameters(), { lr: patient.schedule, momentum: 0.9 })
      const options = { optimizer, epochs: 8, test, callbacks, listeners: [watch], state: { patient } }
      return { model, data, options }
    })
  })

  test("with steps that are not captured", async () => {
    await expectSame(images((model) => optim.adam(model.parameters(), { lr: 1e-2 }), { capture: false }))
  })

  test("with data of other kinds: batches in an array, and numbers drawn for each", async () => {
    const samples = spiral({ n: 30, seed: 1 })
    const list = [...new DataLoader(samples, { batchSize: 8 })]
    const noisy = (batches: readonly (readonly [Tensor, Tensor])[]): Batches => ({
      length: batches.length,
      *[Symbol.iterator]() {
        for (const [x, y] of batches) yield [x.add(randnLike(x).mul(0.1)), y] as const
      },
    })
    for (const data of [list, noisy(list)]) {
      await expectSame(() => {
        manualSeed(2)
        const model = nn.mlp([2, 8, 2], { dropout: 0.2 })
        const optimizer = optim.rmsprop(model.parameters(), { lr: 0.01, momentum: 0.5 })
        return { model, data, options: { optimizer, epochs: 3, test: noisy(list.slice(2)) } }
      })
    }
  })
})
