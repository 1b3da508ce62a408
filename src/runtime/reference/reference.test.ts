import { describe, expect, it } from "vitest"
import type { Expr, Kernel } from "../../kernel/index.ts"
import { add, compare, constant, load, select, splat, unary, use } from "../../kernel/index.ts"
import { createReferenceDevice } from "./device.ts"
import { kernelSource } from "./source.ts"

const i = { id: 0, type: "i32", lanes: 1 } as const
const int = (value: number): Expr => constant("i32", value)

function mapping(value: Expr, index: Expr = use(i)): Kernel {
  return {
    name: "mapping",
    buffers: [
      { type: "f32", length: 4, access: "read" },
      { type: "f32", length: 4, access: "write" },
    ],
    body: [
      {
        kind: "for",
        variable: i,
        from: int(0),
        to: int(4),
        step: 1,
        body: [{ kind: "store", buffer: 1, index, value }],
      },
    ],
  }
}

function run(kernel: Kernel, offsets: readonly number[] = [0, 16]): Float32Array {
  const device = createReferenceDevice()
  const allocation = device.allocate(32)
  device.write({ allocation, byteOffset: 0 }, "float32", Float32Array.from([1, 2, 3, 4]))
  const buffers = offsets.map((byteOffset) => ({ allocation, byteOffset }))
  device.run(device.compile([kernel]), [{ kernel: 0, buffers }])
  return device.readSync({ allocation, byteOffset: 16 }, "float32", 4) as Float32Array
}

it("writes plain loops", () => {
  expect(kernelSource(mapping(unary("exp", load(0, "f32", use(i)))))).toBe(`function kernel(b0, b1) {
  let v0, end0
  for (v0 = 0, end0 = 4; v0 < end0; v0 += 1) {
    b1[at(v0, 4, 1)] = exp(b0[at(v0, 4, 0)])
  }
}
`)
})

it("rounds only what it stores", () => {
  // In single precision 2²⁴ + 1 − 2²⁴ would be 0.
  const large = constant("f32", 2 ** 24)
  const value = add(add(large, load(0, "f32", use(i))), constant("f32", -(2 ** 24)))
  expect(Array.from(run(mapping(value)))).toEqual([1, 2, 3, 4])
})

describe("finds", () => {
  it("accesses out of bounds, with kernel, buffer and index", () => {
    const message = /kernel mapping: index 4 lies outside buffer 0 of 4 elements .*NABLA_INTERNAL/
    expect(() => run(mapping(load(0, "f32", add(use(i), int(1)))))).toThrow(message)
    expect(() => run(mapping(load(0, "f32", use(i)), add(use(i), int(-1))))).toThrow(/index -1 .* buffer 1/)
  })

  it("them on the side of a select that is not taken, too", () => {
    const outside = load(0, "f32", add(use(i), int(4)))
    const value = select(compare("lt", use(i), int(9)), load(0, "f32", use(i)), outside)
    expect(() => run(mapping(value))).toThrow(/index 4/)
  })

  it("an output that overlaps an input", () => {
    expect(() => run(mapping(load(0, "f32", use(i))), [8, 16])).toThrow(/buffers 0 and 1 overlap/)
  })

  it("a buffer that is too short, missing or freed", () => {
    expect(() => run(mapping(load(0, "f32", use(i))), [0, 20])).toThrow(/bytes 20 to 36 of a block of 32/)
    expect(() => run(mapping(load(0, "f32", use(i))), [0])).toThrow(/1 buffers for 2 parameters/)
  })

  it("vectors, which it does not take", () => {
    const device = createReferenceDevice()
    const vector = mapping(splat(load(0, "f32", use(i)), 4))
    expect(() => device.compile([vector])).toThrow(/a vector in kernel mapping/)
  })

  it("memory that is read before it is written", () => {
    const device = createReferenceDevice()
    const allocation = device.allocate(8)
    expect(device.readSync({ allocation, byteOffset: 0 }, "float32", 2)).toEqual(
      Float32Array.from([Number.NaN, Number.NaN]),
    )
  })
})
