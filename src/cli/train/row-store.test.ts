import { readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { expect, test } from "vitest"
import { arrayDataset, DataLoader, Pipeline, preprocess, StandardScaler, ZCA } from "../../data/index.ts"
import { RowStore } from "./row-store.ts"

const rows = (begin: number, count: number): Float32Array =>
  Float32Array.from({ length: 3 * count }, (_, i) => Math.sin(3 * begin + i) * (1 + (i % 3)))

/** 500 rows of three numbers, in a file from the 34th value on. */
function filled(most: number): RowStore {
  const store = new RowStore(3, most)
  for (let begin = 0; begin < 500; begin += 100) store.append(rows(begin, 100))
  return store
}

test("rows in a file are those in memory, in any order, and the file has no name", () => {
  const left = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("nabla-rows-"))
  const before = left()
  const [memory, file] = [filled(10_000), filled(33)]
  expect(left()).toEqual(before)
  expect(memory.inMemory).toEqual(rows(0, 500))
  expect(file.inMemory).toBeNull()
  expect([memory.length, file.length]).toEqual([500, 500])
  for (const indices of [[0], [499, 0, 7, 8, 9, 7], Array.from({ length: 500 }, (_, i) => 499 - i), []])
    expect(file.read(indices)).toEqual(memory.read(indices))
  expect(() => file.read([500])).toThrow(RangeError)
  const scratch = new Float32Array(30).fill(7)
  expect(file.read([3, 4], scratch.subarray(0, 6))).toEqual(rows(3, 2))
  for (const store of [memory, file]) store.close()
})

test("batches and preprocessing are the same, to the bit, wherever the inputs lie", async () => {
  const store = filled(33)
  const targets = Int32Array.from({ length: 500 }, (_, i) => i % 3)
  const known = { name: "rows", inputShape: [3], targets, targetShape: [], classes: 3 }
  const inMemory = arrayDataset({ ...known, inputs: rows(0, 500) })
  const inFile = { ...known, length: 500, readInputs: (indices: ArrayLike<number>) => store.read(indices) }
  const batches = (data: typeof inMemory | typeof inFile): number[][] => {
    const loader = new DataLoader(data, { batchSize: 64, shuffle: true, seed: 3 })
    return Array.from(loader, ([x, y]) => [...x.dataSync(), ...y.dataSync()])
  }
  expect(batches(inFile)).toEqual(batches(inMemory))
  const make = (): Pipeline => new Pipeline([new StandardScaler(), new ZCA()])
  const [one, other] = [await make().fit(inMemory), await make().fit(inFile)]
  expect(JSON.stringify(other)).toBe(JSON.stringify(one))
  expect(await preprocess(inFile, other)).toEqual(await preprocess(inMemory, one))
  store.close()
})
