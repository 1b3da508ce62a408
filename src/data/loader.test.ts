import { describe, expect, it } from "vitest"
import { arrayDataset } from "./dataset.ts"
import { DataLoader } from "./loader.ts"

const ascending = (n: number) => Array.from({ length: n }, (_, i) => i)

function counted(n: number) {
  const inputs = Float32Array.from({ length: 6 * n }, (_, i) => Math.floor(i / 6))
  const targets = Int32Array.from({ length: n }, (_, i) => i)
  return arrayDataset({ name: "counted", inputs, inputShape: [2, 3], targets, targetShape: [], classes: n })
}

describe("DataLoader", () => {
  it("goes through the epochs one after another, each in its own order", async () => {
    const loader = new DataLoader(counted(10), { batchSize: 4, shuffle: true, seed: 5 })
    expect(loader.length).toBe(3)
    const orders: string[] = []
    for (let epoch = 0; epoch < 3; epoch++) {
      expect(loader.epoch).toBe(epoch)
      const seen: number[] = []
      for (const [, y] of loader) seen.push(...(await y.data()))
      expect([...seen].sort((a, b) => a - b)).toEqual(ascending(10))
      orders.push(seen.join())
    }
    expect(new Set(orders).size).toBe(3)
    loader.epoch = 1
    const again: number[] = []
    for (const [, y] of loader) again.push(...(await y.data()))
    expect(again.join()).toBe(orders[1])
  })

  it("gives tensors of the shapes and types of the data set", async () => {
    const batches = [...new DataLoader(counted(10), { batchSize: 4 })]
    expect(batches.map(([x]) => [...x.shape])).toEqual([
      [4, 2, 3],
      [4, 2, 3],
      [2, 2, 3],
    ])
    const [x, y] = batches[2]!
    expect([x.dtype, y.dtype]).toEqual(["float32", "int32"])
    expect([...y.shape]).toEqual([2])
    expect([...(await x.data())]).toEqual([8, 8, 8, 8, 8, 8, 9, 9, 9, 9, 9, 9])
    expect([...(await y.data())]).toEqual([8, 9])
  })

  it("never changes a batch that was handed out", async () => {
    const batches = [...new DataLoader(counted(6), { batchSize: 2 })]
    const values = await Promise.all(batches.map(async ([x]) => [...(await x.data())]))
    expect(values.map((value) => value[0])).toEqual([0, 2, 4])
  })

  it("can begin within an epoch, on plain arrays", () => {
    const loader = new DataLoader(counted(10), { batchSize: 4, shuffle: true })
    const all = [...loader.batches(3)].map((batch) => [...batch.targets])
    const rest = [...loader.batches(3, 1)].map((batch) => [...batch.targets])
    expect(rest).toEqual(all.slice(1))
    expect(loader.epoch).toBe(0)
  })

  it("refuses batch sizes and data that make no batch", () => {
    const refused = (code: string) => expect.objectContaining({ code })
    expect(() => new DataLoader(counted(3), { batchSize: 0 })).toThrow(refused("NABLA_INVALID_ARGUMENT"))
    expect(() => new DataLoader(counted(3), { batchSize: 1.5 })).toThrow(refused("NABLA_INVALID_ARGUMENT"))
    expect(() => new DataLoader(counted(0))).toThrow(refused("NABLA_EMPTY_DATA"))
    expect(() => new DataLoader(counted(3), { batchSize: 4, dropLast: true })).toThrow(
      refused("NABLA_EMPTY_DATA"),
    )
  })
})
