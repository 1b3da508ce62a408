import { describe, expect, it } from "vitest"
import type { BatchOptions } from "./batches.ts"
import { countBatches, epochBatches } from "./batches.ts"

const settings: BatchOptions = { batchSize: 4, shuffle: true, seed: 1, dropLast: false }
const flat = (batches: readonly Int32Array[]) => batches.flatMap((batch) => [...batch])
const ascending = (n: number) => Array.from({ length: n }, (_, i) => i)

describe("epochBatches", () => {
  it("holds every index exactly once, whatever the sizes", () => {
    for (const length of [1, 3, 4, 10, 101]) {
      for (const batchSize of [1, 3, 4, 200]) {
        const batches = epochBatches(length, { ...settings, batchSize }, 0)
        expect(flat(batches).sort((a, b) => a - b)).toEqual(ascending(length))
        expect(batches.length).toBe(countBatches(length, { ...settings, batchSize }))
        expect(batches.slice(0, -1).every((batch) => batch.length === batchSize)).toBe(true)
      }
    }
  })

  it("drops only the small batch at the end", () => {
    const batches = epochBatches(11, { ...settings, dropLast: true }, 0)
    expect(batches.map((batch) => batch.length)).toEqual([4, 4])
    expect(new Set(flat(batches)).size).toBe(8)
    expect(epochBatches(12, { ...settings, dropLast: true }, 0).length).toBe(3)
  })

  it("depends on seed and epoch alone, and keeps the order without shuffle", () => {
    const order = (seed: number, epoch: number) => flat(epochBatches(50, { ...settings, seed }, epoch)).join()
    expect(order(1, 2)).toBe(order(1, 2))
    expect(new Set([order(1, 0), order(1, 1), order(2, 0), order(2, 1)]).size).toBe(4)
    expect(flat(epochBatches(9, { ...settings, shuffle: false }, 3))).toEqual(ascending(9))
  })
})
