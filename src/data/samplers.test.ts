import { expect, test } from "vitest"
import { tensor } from "../tensor/index.ts"
import { gaussianNoise } from "./augmentation/index.ts"
import { arrayDataset } from "./dataset.ts"
import type { DataLoaderOptions } from "./loader.ts"
import { DataLoader, padSequences, SampleLoader } from "./loader.ts"
import {
  bucketSampler,
  classWeights,
  distributedSampler,
  stratifiedSampler,
  weightedSampler,
} from "./samplers.ts"

/** n samples whose input is their number; a tenth is of class 1. */
function numbered(n: number) {
  const inputs = Float32Array.from({ length: n }, (_, i) => i)
  const targets = Int32Array.from({ length: n }, (_, i) => (i % 10 === 0 ? 1 : 0))
  return arrayDataset({ name: "numbered", inputs, inputShape: [1], targets, targetShape: [], classes: 2 })
}

const sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b)
const ascending = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

function contents(loader: Iterable<readonly [{ dataSync(): ArrayLike<number> }, unknown]>): string[] {
  return Array.from(loader, ([x]) => Array.from(x.dataSync()).join())
}

test("weights are shares, with replacement", () => {
  const sampler = weightedSampler([0, 1, 3, 0], { count: 8000, seed: 1 })
  const order = sampler.order(0)
  const share = (k: number) => order.filter((i) => i === k).length / order.length
  expect([share(0), share(3)]).toEqual([0, 0])
  expect(Math.abs(share(2) - 0.75)).toBeLessThan(0.02)
  expect(sampler.order(0)).toEqual(order)
  expect(sampler.order(1)).not.toEqual(order)
  const { targets } = numbered(1000)
  const even = weightedSampler(classWeights(targets), { seed: 2 }).order(0)
  expect(Math.abs(even.filter((i) => targets[i] === 1).length / 1000 - 0.5)).toBeLessThan(0.06)
})

test("strata: each batch has the classes of the whole", () => {
  const { targets } = numbered(1000)
  const order = stratifiedSampler(targets, { seed: 3 }).order(4)
  expect(sorted(order)).toEqual(ascending(1000))
  for (let begin = 0; begin < 1000; begin += 50) {
    const ones = order.subarray(begin, begin + 50).filter((i) => targets[i] === 1).length
    expect(Math.abs(ones - 5)).toBeLessThanOrEqual(2)
  }
})

test("buckets: samples of a batch are of like length", () => {
  const lengths = Array.from({ length: 1003 }, (_, i) => 1 + ((i * 37) % 100))
  const sampler = bucketSampler(lengths, { batchSize: 10, together: 20, seed: 1 })
  const batches = sampler.batches(0)
  expect([batches.length, sampler.length]).toEqual([101, 101])
  expect(sorted(batches.flatMap((batch) => [...batch]))).toEqual(ascending(1003))
  const padding = batches.reduce((sum, batch) => {
    const longest = Math.max(...Array.from(batch, (i) => lengths[i]!))
    return sum + batch.reduce((rest, i) => rest + longest - lengths[i]!, 0)
  }, 0)
  // Batches at random would pad about as much as there is.
  expect(padding / lengths.reduce((a, b) => a + b)).toBeLessThan(0.12)
  expect(sampler.batches(1)).not.toEqual(batches)
  expect(
    bucketSampler(lengths, { batchSize: 10, dropLast: true })
      .batches(0)
      .every(({ length }) => length === 10),
  ).toBe(true)
})

test("ranks: together they see each sample once", () => {
  const inner = stratifiedSampler(numbered(103).targets, { seed: 1 })
  const ranks = [0, 1, 2, 3].map((rank) => distributedSampler(inner, { rank, size: 4 }))
  const orders = ranks.map((sampler) => [...sampler.order(2)])
  expect(orders.map(({ length }) => length)).toEqual([26, 26, 26, 26])
  expect(sorted(new Set(orders.flat()))).toEqual(ascending(103))
  const dropped = [0, 1, 2, 3].map((rank) => [
    ...distributedSampler(inner, { rank, size: 4, dropLast: true }).order(2),
  ])
  expect(new Set(dropped.flat()).size).toBe(100)
})

const ways: [string, DataLoaderOptions][] = [
  ["shuffled", { shuffle: true }],
  ["stratified", { sampler: stratifiedSampler(numbered(53).targets, { seed: 1 }) }],
  ["bucketed", { batchSampler: bucketSampler(ascending(53), { batchSize: 8 }) }],
  ["augmented", { shuffle: true, augment: gaussianNoise() }],
]

test.each(ways)("%s: an epoch continues at any batch with the same bits", (_, options) => {
  const make = () => new DataLoader(numbered(53), { batchSize: 8, seed: 7, ...options })
  const whole = make()
  const epochs = [contents(whole), contents(whole)]
  expect(epochs[0]).not.toEqual(epochs[1])
  for (let stop = 1; stop <= 7; stop++) {
    const loader = make()
    contents(loader)
    const iterator = loader[Symbol.iterator]()
    for (let i = 0; i < stop; i++) iterator.next()
    const state = JSON.parse(JSON.stringify(loader.state()))
    expect([state.epoch, state.batch]).toEqual(stop === 7 ? [2, 0] : [1, stop])
    const other = make()
    other.load(state)
    expect(other.state()).toEqual(state)
    if (stop < 7) expect(contents(other)).toEqual(epochs[1]!.slice(stop))
    expect(other.state()).toEqual({ epoch: 2, batch: 0, seed: 7, samples: 53 })
  }
})

test("a state of something else is refused", () => {
  const loader = new DataLoader(numbered(10), { batchSize: 4 })
  const state = loader.state()
  expect(() => loader.load({ ...state, batch: 3 })).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => loader.load({ ...state, epoch: -1 })).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => loader.load({ ...state, seed: 1 })).toThrow("NABLA_DATA_MISMATCH")
  expect(() => loader.load({ ...state, samples: 11 })).toThrow("NABLA_DATA_MISMATCH")
})

test("augmentation is drawn for each batch of each epoch", () => {
  const loader = new DataLoader(numbered(4), { batchSize: 2, augment: gaussianNoise() })
  expect(new Set([...contents(loader), ...contents(loader)]).size).toBe(4)
})

test("collate makes what the model takes", () => {
  const loader = new DataLoader(numbered(4), {
    batchSize: 2,
    collate: ({ inputs, length }) => [tensor(inputs, { shape: [1, length] }), tensor(length)],
  })
  expect(Array.from(loader, ([x]) => x.shape)).toEqual([
    [1, 2],
    [1, 2],
  ])
})

test("sequences of any length, from a list or from what computes them", () => {
  const sequences = [[1, 2, 3], [4], [5, 6], [7, 8, 9]]
  const [padded, lengths] = padSequences([[1, 2, 3], [4]], { value: -1 })
  expect([padded.toArray(), lengths.toArray()]).toEqual([
    [
      [1, 2, 3],
      [4, -1, -1],
    ],
    [3, 1],
  ])
  const batchSampler = bucketSampler(
    sequences.map(({ length }) => length),
    { batchSize: 2 },
  )
  const loader = new SampleLoader(sequences, { batchSampler, collate: (batch) => padSequences(batch) })
  const shapes = Array.from(loader, ([x]) => x.shape[1]).sort()
  expect(shapes).toEqual([2, 3])
  const computed = new SampleLoader(
    { length: 5, get: (i) => i * i },
    { batchSize: 2, collate: (batch) => batch.join() },
  )
  expect([...computed]).toEqual(["0,1", "4,9", "16"])
  expect(computed.epoch).toBe(1)
})

test.each([
  () => weightedSampler([]),
  () => weightedSampler([0, 0]),
  () => weightedSampler([1, -1]),
  () => weightedSampler([1, Number.NaN]),
  () => bucketSampler([1], { batchSize: 0 }),
  () => distributedSampler(stratifiedSampler([1, 2]), { rank: 2, size: 2 }),
  () => new DataLoader(numbered(3), { shuffle: true, sampler: stratifiedSampler([1, 2]) }),
  () => new DataLoader(numbered(3), { suffle: true } as object),
])("options that are none are refused (%#)", (make) => expect(make).toThrow("NABLA_INVALID_ARGUMENT"))

test.each([
  () => stratifiedSampler([]),
  () => bucketSampler([1], { batchSize: 2, dropLast: true }),
  () => distributedSampler(stratifiedSampler([1]), { rank: 0, size: 2, dropLast: true }),
  () => new SampleLoader([], { collate: (batch) => batch }),
])("too little data is refused (%#)", (make) => expect(make).toThrow("NABLA_EMPTY_DATA"))
