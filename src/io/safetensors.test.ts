import { expect, test } from "vitest"
import { tensor } from "../tensor/index.ts"
import { encodeSafetensors } from "./safetensors.ts"

/** Reads the header and the bytes of each tensor, by the letter of the format. */
function decode(file: Uint8Array) {
  const size = Number(new DataView(file.buffer).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + size)))
  const data = file.slice(8 + size)
  const bytes = (name: string) => data.slice(...(header[name].data_offsets as [number, number])).buffer
  return { size, header, data, bytes }
}

test("every dtype is written with its shape, aligned and without gaps", async () => {
  const file = await encodeSafetensors(
    {
      mask: tensor([true, false, true]),
      "layer.weight": tensor([
        [1, 2.5],
        [-3, 4],
      ]),
      count: tensor([7, -8], { dtype: "int32" }),
      wide: tensor(0.1, { dtype: "float64" }),
    },
    { format: "pt" },
  )
  const { size, header, data, bytes } = decode(file)
  expect(size % 8).toBe(0)
  expect(header).toEqual({
    __metadata__: { format: "pt" },
    wide: { dtype: "F64", shape: [], data_offsets: [0, 8] },
    count: { dtype: "I32", shape: [2], data_offsets: [8, 16] },
    "layer.weight": { dtype: "F32", shape: [2, 2], data_offsets: [16, 32] },
    mask: { dtype: "BOOL", shape: [3], data_offsets: [32, 35] },
  })
  expect(data.length).toBe(35)
  expect([...new Float32Array(bytes("layer.weight"))]).toEqual([1, 2.5, -3, 4])
  expect([...new Int32Array(bytes("count"))]).toEqual([7, -8])
  expect([...new Float64Array(bytes("wide"))]).toEqual([0.1])
  expect([...new Uint8Array(bytes("mask"))]).toEqual([1, 0, 1])
})

test("equal tensors make equal bytes in whatever order they come", async () => {
  const [a, b] = [tensor([1, 2]), tensor([3])]
  expect(await encodeSafetensors({ a, b })).toEqual(await encodeSafetensors({ b, a }))
})

test("no tensors make a file of the header alone", async () => {
  expect(decode(await encodeSafetensors({})).header).toEqual({})
})

test("the reserved name is refused", async () => {
  await expect(encodeSafetensors({ __metadata__: tensor(1) })).rejects.toThrow("NABLA_INVALID_ARGUMENT")
})
