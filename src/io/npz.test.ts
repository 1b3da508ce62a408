import { expect, test } from "vitest"
import { tensor } from "../tensor/index.ts"
import { crc32 } from "./crc32.ts"
import { decodeNpz, encodeNpz } from "./npz.ts"
import { zip } from "./zip.ts"

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))

/** numpy.savez and numpy.savez_compressed of w = [[1, 2], [3, 4]] float32 and n = [7] int32, by NumPy 2.4. */
const byNumpy = {
  savez:
    "UEsDBC0AAAAAAAAAIQBO+yB1//////////8FABQAdy5ucHkBABAAkAAAAAAAAACQAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmNCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCAyKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAACAPwAAAEAAAEBAAACAQFBLAwQtAAAAAAAAACEAfUd5av//////////BQAUAG4ubnB5AQAQAIQAAAAAAAAAhAAAAAAAAACTTlVNUFkBAHYAeydkZXNjcic6ICc8aTQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgCgcAAABQSwECLQMtAAAAAAAAACEATvsgdZAAAACQAAAABQAAAAAAAAAAAAAAgAEAAAAAdy5ucHlQSwECLQMtAAAAAAAAACEAfUd5aoQAAACEAAAABQAAAAAAAAAAAAAAgAHHAAAAbi5ucHlQSwUGAAAAAAIAAgBmAAAAggEAAAAA",
  savez_compressed:
    "UEsDBC0AAAAIAAAAIQBO+yB1//////////8FABQAdy5ucHkBABAAkAAAAAAAAABTAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CkaaOgq1CmQDLgaGBnsGBgYHIALiBgcAUEsDBC0AAAAIAAAAIQB9R3lq//////////8FABQAbi5ucHkBABAAhAAAAAAAAABIAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GoY6mjoKtQoUAC52BgYGAFBLAQItAy0AAAAIAAAAIQBO+yB1UwAAAJAAAAAFAAAAAAAAAAAAAACAAQAAAAB3Lm5weVBLAQItAy0AAAAIAAAAIQB9R3lqSAAAAIQAAAAFAAAAAAAAAAAAAACAAYoAAABuLm5weVBLBQYAAAAAAgACAGYAAAAJAQAAAAA=",
}

test.each(Object.entries(byNumpy))("what numpy.%s wrote is read", async (_, text) => {
  const { w, n } = await decodeNpz(fromBase64(text))
  expect([w!.dtype, w!.toArray(), n!.dtype, n!.toArray()]).toEqual([
    "float32",
    [
      [1, 2],
      [3, 4],
    ],
    "int32",
    [7],
  ])
})

test.each([false, true])(
  "what is written is read back (compress: %s), and equal tensors make equal bytes",
  async (compress) => {
    const tensors = {
      "layer.weight": tensor([[1.5, -2]]),
      __proto: tensor(3, { dtype: "int32" }),
      é: tensor([true]),
    }
    const bytes = await encodeNpz(tensors, { compress })
    expect(await encodeNpz(tensors, { compress })).toEqual(bytes)
    const back = await decodeNpz(bytes)
    expect(Object.keys(back)).toEqual(Object.keys(tensors))
    for (const [name, t] of Object.entries(tensors)) {
      expect([back[name]!.dtype, back[name]!.shape, back[name]!.toArray()]).toEqual([
        t.dtype,
        t.shape,
        t.toArray(),
      ])
    }
    expect(Object.keys(await decodeNpz(await encodeNpz({})))).toEqual([])
  },
)

test("the checksum is zip's", () => expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926))

/** A file with other bytes at a place, found by what stands there. */
function changed(bytes: Uint8Array, change: (view: DataView, central: number) => void): Uint8Array {
  const copy = bytes.slice()
  const view = new DataView(copy.buffer)
  let central = 0
  while (view.getUint32(central, true) !== 0x02014b50) central++
  change(view, central)
  return copy
}

test.each<[string, RegExp, (bytes: Uint8Array) => Uint8Array]>([
  ["is cut short", /no zip archive/, (bytes) => bytes.slice(0, -1)],
  ["is empty", /no zip archive/, () => new Uint8Array(0)],
  ["has a changed element", /damaged/, (bytes) => bytes.map((byte, i) => (i === 170 ? byte ^ 1 : byte))],
  [
    "says to be huge",
    /impossible/,
    (bytes) => changed(bytes, (view, at) => view.setUint32(at + 24, 2 ** 31, true)),
  ],
  [
    "reaches beyond its end",
    /beyond/,
    (bytes) =>
      changed(bytes, (view, at) => {
        view.setUint32(at + 20, 99999, true)
        view.setUint32(at + 24, 99999, true)
      }),
  ],
  ["is encrypted", /encrypted/, (bytes) => changed(bytes, (view, at) => view.setUint16(at + 8, 1, true))],
  [
    "has an unknown packing",
    /not known/,
    (bytes) => changed(bytes, (view, at) => view.setUint16(at + 10, 14, true)),
  ],
  [
    "has 64-bit sizes",
    /64-bit/,
    (bytes) => changed(bytes, (view, at) => view.setUint32(at + 42, 2 ** 32 - 1, true)),
  ],
  [
    "points elsewhere",
    /not where/,
    (bytes) => changed(bytes, (view, at) => view.setUint32(at + 42, 5, true)),
  ],
])("a file that %s is refused", async (_, message, change) => {
  const bad = change(await encodeNpz({ x: tensor([1, 2, 3, 4]) }))
  await expect(decodeNpz(bad)).rejects.toThrow(message)
  await expect(decodeNpz(bad)).rejects.toThrow("NABLA_FILE_FORMAT")
})

test("one name for two arrays, bytes of two arrays, and something else than arrays are refused", async () => {
  const bytes = await encodeNpz({ a: tensor([1]), b: tensor([2]) })
  const overlap = changed(bytes, (view, at) => {
    const second = at + 46 + 5
    for (const field of [16, 20, 24, 42])
      view.setUint32(second + field, view.getUint32(at + field, true), true)
  })
  await expect(decodeNpz(overlap)).rejects.toThrow(/overlap/)
  const twice = changed(bytes, (view, at) => view.setUint8(at + 46 + 5 + 46, "a".charCodeAt(0)))
  await expect(decodeNpz(twice)).rejects.toThrow(/one name/)
  const other = await zip(new Map([["readme.txt", new Uint8Array(3)]]), false)
  await expect(decodeNpz(other)).rejects.toThrow(/something else/)
})

test("an archive that would inflate beyond its size is stopped", async () => {
  const bytes = await encodeNpz({ x: tensor(new Float32Array(100_000)) }, { compress: true })
  expect(bytes.length).toBeLessThan(2000)
  const small = changed(bytes, (view, at) => view.setUint32(at + 24, 1000, true))
  await expect(decodeNpz(small)).rejects.toThrow(/damaged/)
})
