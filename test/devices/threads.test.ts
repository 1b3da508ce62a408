import { describe, expect, it } from "vitest"
import type { Device } from "../../src/base/index.ts"
import { Random } from "../../src/base/index.ts"
import type { Kernel } from "../../src/kernel/index.ts"
import * as k from "../../src/kernel/index.ts"
import { renderC } from "../../src/render/c/index.ts"
import { createNativeDevice } from "../../src/runtime/native/index.ts"
import { cases, run } from "./cases.ts"

/** Loops that threads share out give the same bits whatever the number of threads. */

const random = new Random(1)
const numbers = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal())

function product(rows: number, columns: number, depth: number, parts: number): Kernel {
  const dims = (extent: number, stride: number): k.StridedDim[] => [{ extent, stride }]
  const operand = (length: number, free: k.StridedDim[], contract: k.StridedDim[]): k.GemmOperand => {
    return { length, offset: 0, batch: [], free, contract }
  }
  const lhs = operand(rows * depth, dims(rows, depth), dims(depth, 1))
  const rhs = operand(depth * columns, dims(columns, 1), dims(depth, columns))
  return k.gemm("product", "f32", lhs, rhs, k.gemmTile(true, 32, parts))
}

function exponentials(length: number): Kernel {
  const b = new k.KernelBuilder()
  const from = b.buffer("f32", length, "read")
  const to = b.buffer("f32", length, "write")
  const loop = b.open(b.root, length, 8, 0, true)
  b.store(to, b.index(loop), b.unary("exp", b.load(from, b.index(loop))), loop)
  b.close(loop)
  return b.finish("exponentials")
}

describe.skipIf(!cases.some(({ name }) => name === "native"))("native threads", () => {
  const on = (threads: number, kernel: Kernel, inputs: Float32Array[]): Float32Array => {
    const device = createNativeDevice({ threads }) as unknown as Device
    const compile = (kernels: readonly Kernel[]): unknown => renderC(kernels, { blas: false })
    return run({ name: "native", device, vectorBytes: [32], compile }, kernel, inputs)[0] as Float32Array
  }

  it("elementwise", () => {
    const inputs = [numbers(80_000)]
    const one = on(1, exponentials(80_000), inputs)
    expect(one[79_999]).toBeCloseTo(Math.exp(inputs[0]![79_999]!), 4)
    for (const threads of [2, 3, 4]) expect(on(threads, exponentials(80_000), inputs)).toEqual(one)
  })

  it.each([
    [301, 65, 120],
    [40, 700, 90],
    [97, 97, 600],
    [16, 27, 5003],
  ])("products of %i × %i by depth %i, in any number of parts", (rows, columns, depth) => {
    const inputs = [numbers(rows * depth), numbers(depth * columns)]
    const one = on(1, product(rows, columns, depth, 1), inputs)
    for (const parts of [2, 3, 4])
      expect(on(parts, product(rows, columns, depth, parts), inputs)).toEqual(one)
  })
})
