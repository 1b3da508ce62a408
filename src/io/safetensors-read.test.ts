import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, test } from "vitest"
import { NablaError, Random } from "../base/index.ts"
import { tensor } from "../tensor/index.ts"
import { loadSafetensors, SafetensorsReader } from "./node.ts"
import { encodeSafetensors } from "./safetensors.ts"
import { decodeSafetensors } from "./safetensors-read.ts"

/** A file with this header, as a tool of somebody else would write it. */
function file(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes
}

const one = (dtype: string, data: ArrayBufferView, shape = [1]) =>
  file(
    { x: { dtype, shape, data_offsets: [0, data.byteLength] } },
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  )

const values = (bytes: Uint8Array) => [...decodeSafetensors(bytes).tensors.x!.dataSync()]

const mixed = {
  w: tensor([
    [1, 2.5, -3],
    [0, 1e-30, 7],
  ]),
  mask: tensor([true, false]),
  n: tensor([[7], [-8]], { dtype: "int32" }),
  wide: tensor(0.1, { dtype: "float64" }),
  empty: tensor([], { shape: [0, 3] }),
}

describe("a file", () => {
  test("written here is read with the same types, shapes, bits and metadata", async () => {
    const { tensors, metadata } = decodeSafetensors(await encodeSafetensors(mixed, { epoch: "3" }))
    expect(metadata).toEqual({ epoch: "3" })
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(mixed).sort())
    for (const [name, t] of Object.entries(mixed)) {
      expect([tensors[name]!.dtype, tensors[name]!.shape]).toEqual([t.dtype, t.shape])
      expect(tensors[name]!.dataSync()).toEqual(t.dataSync())
    }
  })

  test("of other types becomes the next wider one", () => {
    // 1, -2, 65504 (the largest), 2⁻²⁴ (the smallest), -∞
    const half = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 1, 0xfc00)
    expect(values(one("F16", half, [5]))).toEqual([1, -2, 65504, 2 ** -24, -Infinity])
    const brain = Uint16Array.of(0x3f80, 0xc049, 0x7f80)
    expect(values(one("BF16", brain, [3]))).toEqual([1, -3.140625, Infinity])
    expect(values(one("I64", BigInt64Array.of(-5n, 2_147_483_647n), [2]))).toEqual([-5, 2147483647])
    expect(values(one("U8", Uint8Array.of(255, 0), [2]))).toEqual([255, 0])
    expect(values(one("I8", Int8Array.of(-128), [1]))).toEqual([-128])
    expect(values(one("U16", Uint16Array.of(65535)))).toEqual([65535])
    expect(values(one("U32", Uint32Array.of(9)))).toEqual([9])
  })

  test("may name a tensor as it likes", async () => {
    const header = '{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
    const { tensors } = decodeSafetensors(file(header, Uint8Array.of(4)))
    expect(Object.keys(tensors)).toEqual(["__proto__"])
    expect(Object.getPrototypeOf(tensors)).toBe(Object.prototype)
  })
})

const u8 = (begin: number, end: number, shape: unknown = [end - begin]) => ({
  dtype: "U8",
  shape,
  data_offsets: [begin, end],
})

const lies: [string, Uint8Array, RegExp][] = [
  ["is empty", new Uint8Array(0), /too short/],
  ["has a header longer than itself", file("{}").fill(255, 0, 4), /header is longer/],
  ["has no JSON in its header", file("{x"), /no JSON text/],
  ["has a list as its header", file("[]"), /no object/],
  ["has bytes that are no UTF-8", file("{}").fill(0xff, 8, 10), /no JSON text/],
  [
    "has an unknown type",
    file({ x: { ...u8(0, 1), dtype: "F8" } }, new Uint8Array(1)),
    /x: the type is not known/,
  ],
  ["has a negative size", file({ x: u8(0, 1, [-1]) }, new Uint8Array(1)), /no shape/],
  [
    "has a shape beyond all numbers",
    file({ x: u8(0, 1, [2 ** 40, 2 ** 40]) }, new Uint8Array(1)),
    /no shape/,
  ],
  [
    "has offsets that do not fit the shape",
    file({ x: u8(0, 1, [2]) }, new Uint8Array(1)),
    /do not fit the shape/,
  ],
  ["has offsets that go backwards", file({ x: u8(2, 1, [1]) }, new Uint8Array(2)), /do not fit the shape/],
  ["has tensors that overlap", file({ x: u8(0, 4), y: u8(2, 6) }, new Uint8Array(6)), /overlap/],
  ["has a gap", file({ x: u8(0, 2), y: u8(3, 4) }, new Uint8Array(4)), /no tensor/],
  ["is cut short", file({ x: u8(0, 4) }, new Uint8Array(3)), /length/],
  ["goes on behind its tensors", file({ x: u8(0, 4) }, new Uint8Array(5)), /length/],
  ["has a null entry", file({ x: null }), /type is not known/],
  ["has metadata that is no text", file({ __metadata__: { a: 1 } }), /__metadata__/],
  ["has a whole number beyond 32 bits", one("I64", BigInt64Array.of(2n ** 31n)), /no place in a tensor/],
  ["has a bool that is neither", one("BOOL", Uint8Array.of(2)), /no place in a tensor/],
]

test.each(lies)("a file that %s is refused", (_, bytes, message) => {
  expect(() => decodeSafetensors(bytes)).toThrow(message)
  expect(() => decodeSafetensors(bytes)).toThrow("NABLA_FILE_FORMAT")
})

test("a file with changed bytes is read or refused, and never with other shapes than its bytes allow", async () => {
  const good = await encodeSafetensors(mixed, { note: "x" })
  const random = new Random(7)
  let refused = 0
  for (let round = 0; round < 3000; round++) {
    const bad = good.slice(
      0,
      random.uniform() < 0.2 ? Math.floor(random.uniform() * good.length) : good.length,
    )
    for (let k = 0; k < 3; k++) bad[Math.floor(random.uniform() * bad.length)] = random.uint32() & 255
    try {
      decodeSafetensors(bad)
    } catch (error) {
      if (!(error instanceof NablaError && error.code === "NABLA_FILE_FORMAT")) throw error
      refused++
    }
  }
  expect(refused).toBeGreaterThan(1000)
})

describe("a file on disk", () => {
  const folder = mkdtempSync(join(tmpdir(), "nabla-io-"))
  afterAll(() => rmSync(folder, { recursive: true }))

  test("is read tensor by tensor", async () => {
    const path = join(folder, "m.safetensors")
    writeFileSync(path, await encodeSafetensors(mixed, { a: "b" }))
    const reader = await SafetensorsReader.open(path)
    expect(reader.entries.map(({ name }) => name).sort()).toEqual(Object.keys(mixed).sort())
    expect([...(await reader.read("n")).dataSync()]).toEqual([7, -8])
    await expect(reader.read("m")).rejects.toThrow("NABLA_FILE_FORMAT")
    await reader.close()
    const { tensors, metadata } = await loadSafetensors(path)
    expect(metadata).toEqual({ a: "b" })
    expect(tensors.w!.dataSync()).toEqual(mixed.w.dataSync())
  })

  test("that is not there, or is damaged, is named", async () => {
    await expect(loadSafetensors(join(folder, "none"))).rejects.toThrow("NABLA_FILE_NOT_FOUND")
    await expect(loadSafetensors(folder)).rejects.toThrow(/NABLA_FILE/)
    const path = join(folder, "cut")
    writeFileSync(path, (await encodeSafetensors(mixed)).subarray(0, 200))
    await expect(loadSafetensors(path)).rejects.toThrow(/cut.*NABLA_FILE_FORMAT/)
  })
})
