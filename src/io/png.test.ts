import sharp from "sharp"
import { expect, test } from "vitest"
import { tensor } from "../tensor/index.ts"
import { encodePng } from "./png.ts"

test.each([
  [1, "b-w"],
  [2, "b-w"],
  [3, "srgb"],
  [4, "srgb"],
])("a picture of %i channels is what a decoder makes of it", async (channels) => {
  const values = Array.from({ length: channels * 6 }, (_, i) => (i * 10) / 255)
  const bytes = await encodePng(tensor(values, { shape: [channels, 2, 3] }))
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
  expect([info.width, info.height]).toEqual([3, 2])
  for (let pixel = 0; pixel < 6; pixel++)
    for (let c = 0; c < channels; c++) {
      // The decoder makes three channels of a grey one that has transparency.
      const at = c === 1 && channels === 2 ? info.channels - 1 : c
      expect(data[pixel * info.channels + at]).toBe((c * 6 + pixel) * 10)
    }
})

test("values are clipped, a matrix is grey", async () => {
  const bytes = await encodePng(tensor([[-1, 0.5, 2, Number.NaN]]))
  const { data } = await sharp(bytes).toColourspace("b-w").raw().toBuffer({ resolveWithObject: true })
  expect([...data]).toEqual([0, 128, 255, 0])
})

test.each([[[5, 2, 2]], [[4]], [[1, 0, 3]], [[1, 1, 2, 2]]])("shape %j is no picture", async (shape) => {
  const size = shape.reduce((a, b) => a * b)
  await expect(encodePng(tensor(new Float32Array(size), { shape }))).rejects.toThrow("NABLA_SHAPE_MISMATCH")
})
