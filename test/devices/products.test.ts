import { describe, expect, it } from "vitest"
import { Random } from "../../src/base/index.ts"
import type { GemmOperand, GemmTile, Kernel, StridedDim } from "../../src/kernel/index.ts"
import * as k from "../../src/kernel/index.ts"
import { cases, runAll } from "./cases.ts"

/** Products whose arguments are read where they lie have the bits of those whose arguments are packed. */

const random = new Random(4)
const numbers = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal())
const dim = (extent: number, stride: number): StridedDim[] => [{ extent, stride }]

interface Sizes {
  readonly rows: number
  readonly columns: number
  readonly depth: number
  readonly batch?: number
}

/** Memory before the arguments, so that their addresses do not begin at 0. */
const OFFSET = 3

/** `order`: whether each argument lies as it is written (n) or transposed (t). */
function product({ rows, columns, depth, batch = 1 }: Sizes, order: string, tile: GemmTile): Kernel {
  const operand = (length: number, free: StridedDim[], contract: StridedDim[]): GemmOperand => {
    const whole = { length: OFFSET + batch * length, offset: OFFSET, batch: dim(batch, length) }
    return { ...whole, free, contract }
  }
  const [left, right] = [order[0] === "n", order[1] === "n"]
  const lhs = operand(rows * depth, dim(rows, left ? depth : 1), dim(depth, left ? 1 : rows))
  const rhs = operand(depth * columns, dim(columns, right ? 1 : depth), dim(depth, right ? columns : 1))
  return k.gemm("product", "f32", lhs, rhs, tile)
}

const buffersOf = ({ buffers }: Kernel): number => buffers.length

const withVectors = cases.filter(({ vectorBytes }) => vectorBytes.length > 0)

describe.each(withVectors)("$name", (device) => {
  it.each([
    { rows: 16, columns: 16, depth: 16 },
    { rows: 19, columns: 37, depth: 23 },
    { rows: 64, columns: 64, depth: 32, batch: 3 },
    { rows: 300, columns: 10, depth: 64 },
    { rows: 13, columns: 500, depth: 40 },
    { rows: 600, columns: 32, depth: 80 },
  ])("$rows × $columns by depth $depth", (sizes) => {
    const { rows, columns, depth, batch = 1 } = sizes
    const inputs = [rows, columns].map((extent) => numbers(OFFSET + batch * extent * depth))
    for (const order of ["nn", "tn", "nt"]) {
      // Several in one program: a C compiler takes its time.
      const kernels = device.vectorBytes.flatMap((bytes) => {
        const direct = k.gemmTile(true, bytes, bytes === 16 ? 1 : 4)
        return [direct, { ...direct, fused: false }].map((tile) => product(sizes, order, tile))
      })
      const results = runAll(device, kernels, inputs).map(([out]) => out)
      for (let i = 0; i < results.length; i += 2) expect(results[i]).toEqual(results[i + 1])
    }
  })
})

describe("packing", () => {
  const scratch = (sizes: Sizes, order = "nn", parts = 1): number =>
    buffersOf(product(sizes, order, k.gemmTile(true, 16, parts))) - 3

  it("is left out for small arguments, and for those of which few tiles use an element", () => {
    const spillAlone = 1
    expect(scratch({ rows: 32, columns: 32, depth: 32 })).toBe(spillAlone)
    // Vectors need neighbouring columns.
    expect(scratch({ rows: 32, columns: 32, depth: 32 }, "nt")).toBe(spillAlone + 1)
    expect(scratch({ rows: 3000, columns: 16, depth: 100 }, "tn")).toBe(spillAlone)
    expect(scratch({ rows: 256, columns: 256, depth: 256 })).toBe(spillAlone + 2)
  })

  it("is needed where the last tile would overlap that of another thread", () => {
    expect(scratch({ rows: 3001, columns: 16, depth: 100 }, "nn", 1)).toBe(1)
    expect(scratch({ rows: 3001, columns: 16, depth: 100 }, "nn", 4)).toBe(2)
  })
})
