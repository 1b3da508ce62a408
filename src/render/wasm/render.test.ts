import { describe, expect, it } from "vitest"
import { unaryFunctions } from "../../base/index.ts"
import type { Expr, Kernel } from "../../kernel/index.ts"
import { add, constant, load, sub, unary, use } from "../../kernel/index.ts"
import { Bytes } from "./bytes.ts"
import { renderWasm } from "./render.ts"

const int = (value: number): Expr => constant("i32", value)
const i = { id: 0, type: "i32", lanes: 1 } as const

/** out[i] = value for 8 elements. */
function kernel(value: Expr): Kernel {
  const body = [{ kind: "store" as const, buffer: 1, index: use(i), value }]
  return {
    name: "example",
    buffers: [
      { type: "f32", length: 8, access: "read" },
      { type: "f32", length: 8, access: "write" },
    ],
    body: [{ kind: "for", variable: i, from: int(0), to: int(8), step: 1, body }],
  }
}

const options = { relaxedSimd: false, sharedMemory: false, maximumPages: 16 }

describe("LEB128", () => {
  const signed: [number, number[]][] = [
    [0, [0]],
    [63, [63]],
    [64, [0xc0, 0]],
    [-1, [0x7f]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [0x7fffffff, [0xff, 0xff, 0xff, 0xff, 7]],
    [-0x80000000, [0x80, 0x80, 0x80, 0x80, 0x78]],
  ]
  it.each(signed)("signed %d", (value, bytes) => {
    const out = new Bytes()
    out.signed(value)
    expect(Array.from(out.view())).toEqual(bytes)
  })

  const unsigned: [number, number[]][] = [
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 1]],
    [0xffffffff, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ]
  it.each(unsigned)("unsigned %d", (value, bytes) => {
    const out = new Bytes()
    out.unsigned(value)
    expect(Array.from(out.view())).toEqual(bytes)
  })
})

describe("renderWasm", () => {
  it("imports only the host's functions that are called", () => {
    const imports = (op: "tan" | "exp"): string[] => {
      const { bytes } = renderWasm([kernel(unary(op, load(0, "f32", use(i))))], options)
      return WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(
        ({ module, name }) => `${module}.${name}`,
      )
    }
    expect(imports("tan")).toEqual(["env.memory", "math.tan"])
    expect(imports("exp")).toEqual(["env.memory"])
  })

  it("exports kernels in order and gives one function to all that need it", () => {
    const one = kernel(unary("exp", load(0, "f32", use(i))))
    const { bytes } = renderWasm([one, one, one], options)
    const module = new WebAssembly.Module(bytes)
    expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual(["k0", "k1", "k2"])
    expect(bytes.length).toBeLessThan(renderWasm([one], options).bytes.length + 200)
  })

  it("gives the same bytes for the same kernels", () => {
    const one = kernel(unary("tanh", load(0, "f32", use(i))))
    expect(renderWasm([one], options)).toEqual(renderWasm([one], options))
  })

  it("takes shared memory when it is told to", () => {
    const { bytes } = renderWasm([kernel(load(0, "f32", use(i)))], { ...options, sharedMemory: true })
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 16, shared: true })
    expect(() => new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })).not.toThrow()
  })

  it("computes addresses that dip below the buffer, and below 0, on their way", () => {
    const { bytes } = renderWasm([kernel(load(0, "f32", add(sub(use(i), int(1000)), int(1000))))], options)
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 16 })
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory },
      math: unaryFunctions,
    })
    const values = [1, 2, 3, 4, 5, 6, 7, 8]
    new Float32Array(memory.buffer, 64, 8).set(values)
    ;(exports.k0 as (a: number, b: number) => void)(64, 128)
    expect(Array.from(new Float32Array(memory.buffer, 128, 8))).toEqual(values)
  })
})
