import { describe, expect, it } from "vitest"
import type { ProductSize } from "./gemm-division.ts"
import { partsOf, slicesOf } from "./gemm-division.ts"

const size = (rows: number, columns: number, depth: number, batches = 1): ProductSize => {
  return { batches, rows, columns, depth }
}

describe("the division of products", () => {
  it("slices small results of many summands, whatever the number of threads", () => {
    const gradient = size(32, 400, 12544)
    expect(slicesOf(gradient)).toBe(8)
    for (const threads of [1, 2, 8]) expect(partsOf(gradient, threads)).toBe(1)
  })

  it("leaves no slice with few summands", () => {
    for (const depth of [1023, 2047, 2048, 5003, 100_000]) {
      const slices = slicesOf(size(64, 64, depth))
      if (slices > 1) expect(depth / slices).toBeGreaterThanOrEqual(1024)
    }
    expect(slicesOf(size(4, 4, 2 ** 13))).toBe(1)
  })

  it("parts large results instead", () => {
    expect(slicesOf(size(1024, 1024, 4096))).toBe(1)
    expect(partsOf(size(1024, 1024, 1024), 4)).toBe(4)
    expect(partsOf(size(384, 16, 512), 4)).toBe(2)
    expect(partsOf(size(64, 64, 64), 4)).toBe(1)
    expect(partsOf(size(1024, 1024, 1024, 8), 4)).toBe(1)
  })
})
