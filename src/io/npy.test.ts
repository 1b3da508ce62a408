import { expect, test } from "vitest"
import { NablaError, Random } from "../base/index.ts"
import { tensor } from "../tensor/index.ts"
import { decodeNpy, encodeNpy } from "./npy.ts"

/** A file as NumPy writes it. */
function file(descr: string, shape: string, data: ArrayBufferView, order = "False", version = 1): Uint8Array {
  const text = `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': (${shape}), }\n`
  const size = version === 1 ? 10 : 12
  const bytes = new Uint8Array(size + text.length + data.byteLength)
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), version, 0])
  const view = new DataView(bytes.buffer)
  if (version === 1) view.setUint16(8, text.length, true)
  else view.setUint32(8, text.length, true)
  bytes.set(new TextEncoder().encode(text), size)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), size + text.length)
  return bytes
}

test.each([
  tensor([
    [1, 2.5],
    [-3, 4],
  ]),
  tensor([[[true], [false]]]),
  tensor([7, -8, 2 ** 31 - 1], { dtype: "int32" }),
  tensor(0.1, { dtype: "float64" }),
  tensor([], { shape: [0, 2] }),
])("what is written is read back, $dtype $shape", async (t) => {
  const bytes = await encodeNpy(t)
  expect((bytes.length - t.numel() * (t.dtype === "bool" ? 1 : t.dtype === "float64" ? 8 : 4)) % 64).toBe(0)
  const back = decodeNpy(bytes)
  expect([back.dtype, back.shape]).toEqual([t.dtype, t.shape])
  expect(back.dataSync()).toEqual(t.dataSync())
})

test("the header is what NumPy writes", async () => {
  const bytes = await encodeNpy(tensor([1, 2]))
  expect([...bytes.subarray(0, 10)]).toEqual([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, 0x76, 0])
  const header = new TextDecoder().decode(bytes.subarray(10, 128))
  expect(header).toBe(`${"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".padEnd(117)}\n`)
})

test("either byte order, either order of dimensions, all versions and types", () => {
  const big = new Uint8Array(8)
  new DataView(big.buffer).setFloat32(0, 1.5)
  new DataView(big.buffer).setFloat32(4, -2)
  expect([...decodeNpy(file("'>f4'", "2,", big)).dataSync()]).toEqual([1.5, -2])
  const columns = decodeNpy(file("'<i4'", "2, 3", Int32Array.of(1, 4, 2, 5, 3, 6), "True", 2))
  expect([columns.shape, [...columns.dataSync()]]).toEqual([
    [2, 3],
    [1, 2, 3, 4, 5, 6],
  ])
  expect([...decodeNpy(file("'<f2'", "1,", Uint16Array.of(0x3e00), "False", 3)).dataSync()]).toEqual([1.5])
  expect([...decodeNpy(file("'|u1'", "", Uint8Array.of(200))).dataSync()]).toEqual([200])
})

test.each([
  ["nothing", new Uint8Array(0), /no .npy file/],
  ["an unknown version", file("'<f4'", "1,", new Float32Array(1), "False", 9), /version/],
  ["objects", file("'|O'", "1,", new Uint8Array(8)), /of this type are not read/],
  ["records", file("[('a', '<f4')]", "1,", new Uint8Array(4)), /of this type are not read/],
  ["texts", file("'<U3'", "1,", new Uint8Array(12)), /of this type are not read/],
  ["too few bytes", file("'<f4'", "3,", new Float32Array(2)), /length/],
  ["too many bytes", file("'<f4'", "1,", new Float32Array(2)), /length/],
  ["a size below zero", file("'<f4'", "-1,", new Float32Array(1)), /not understood/],
  ["a size beyond all numbers", file("'<f4'", "99999999999, 99999999999", new Float32Array(1)), /no shape/],
  ["code in its header", file("'<f4'", "exit(),", new Float32Array(1)), /not understood/],
  ["a whole number beyond 32 bits", file("'<i8'", "1,", BigInt64Array.of(2n ** 40n)), /no place/],
])("a file with %s is refused", (_, bytes, message) => {
  expect(() => decodeNpy(bytes)).toThrow(message)
  expect(() => decodeNpy(bytes)).toThrow("NABLA_FILE_FORMAT")
})

test("a file with changed bytes is read or refused", async () => {
  const good = await encodeNpy(tensor([1, 2, 3, 4], { dtype: "int32" }))
  const random = new Random(3)
  for (let round = 0; round < 3000; round++) {
    const bad = good.slice(0, random.uniform() < 0.2 ? random.integer(good.length) : good.length)
    for (let k = 0; k < 3; k++) bad[random.integer(Math.max(1, bad.length))] = random.integer(256)
    try {
      decodeNpy(bad)
    } catch (error) {
      if (!(error instanceof NablaError && error.code === "NABLA_FILE_FORMAT")) throw error
    }
  }
})
