import { describe, expect, test } from "vitest"
import { tensor } from "../tensor/index.ts"
import { decodeJsonWeights, encodeJsonWeights } from "./index.ts"

const weights = {
  "linear.weight": tensor([
    [0.1, -2.5e-20],
    [3e30, 1 / 3],
  ]),
  odd: tensor([Number.NaN, Infinity, -Infinity, -0], { dtype: "float64" }),
  steps: tensor(7, { dtype: "int32" }),
  mask: tensor([true, false]),
  empty: tensor([], { shape: [0, 3] }),
}

test("values, types and shapes come back as they were", async () => {
  const text = await encodeJsonWeights(weights, { model: "mlp" })
  expect(JSON.parse(text)).toMatchObject({
    format: "nabla-weights",
    tensors: { steps: { dtype: "int32", data: [7] } },
  })
  const { tensors, metadata } = decodeJsonWeights(text)
  expect(metadata).toEqual({ model: "mlp" })
  expect(Object.keys(tensors)).toEqual(Object.keys(weights))
  for (const [name, t] of Object.entries(weights)) {
    expect([tensors[name]!.dtype, tensors[name]!.shape]).toEqual([t.dtype, t.shape])
    expect(await tensors[name]!.data()).toEqual(await t.data())
  }
})

describe("refuses", () => {
  const file = (t: unknown): string =>
    JSON.stringify({ format: "nabla-weights", version: 1, metadata: {}, tensors: { t } })
  test.each([
    ["no JSON", "{"],
    ["something else", '{"a":1}'],
    ["another version", '{"format":"nabla-weights","version":2,"tensors":{}}'],
    ["no tensors", '{"format":"nabla-weights","version":1}'],
    ["an unknown type", file({ dtype: "int8", shape: [1], data: [1] })],
    ["a shape that is none", file({ dtype: "float32", shape: [-1], data: [1] })],
    ["another number of elements", file({ dtype: "float32", shape: [2], data: [1] })],
    ["a text among the elements", file({ dtype: "float32", shape: [1], data: ["1"] })],
    ["a fraction among whole numbers", file({ dtype: "int32", shape: [1], data: [1.5] })],
    ["a bool of 2", file({ dtype: "bool", shape: [1], data: [2] })],
    ["no tensor", file(null)],
  ])("%s", (_, text) => {
    expect(() => decodeJsonWeights(text)).toThrow(expect.objectContaining({ code: "NABLA_FILE_FORMAT" }))
  })
})
