import { describe, expect, it } from "vitest"
import { parseIdx } from "./idx.ts"
import { imageDatasetFromIdx } from "./mnist.ts"

const withText = (code: string, text: string) =>
  expect.objectContaining({ code, message: expect.stringContaining(text) })
const malformed = (text: string) => withText("NABLA_FILE_FORMAT", text)

function idx(type: number, shape: number[], data: ArrayLike<number>): Uint8Array {
  const sizes = shape.flatMap((size) => [
    (size >>> 24) & 255,
    (size >>> 16) & 255,
    (size >>> 8) & 255,
    size & 255,
  ])
  return Uint8Array.from([0, 0, type, shape.length, ...sizes, ...Array.from(data)])
}

describe("parseIdx", () => {
  it("reads every element type, high byte first", () => {
    expect(parseIdx(idx(0x08, [2, 2], [0, 127, 128, 255]), "f")).toEqual({
      dtype: "uint8",
      shape: [2, 2],
      data: Uint8Array.of(0, 127, 128, 255),
    })
    expect(parseIdx(idx(0x09, [2], [255, 1]), "f").data).toEqual(Int8Array.of(-1, 1))
    expect(parseIdx(idx(0x0b, [2], [1, 2, 255, 254]), "f").data).toEqual(Int16Array.of(258, -2))
    expect(parseIdx(idx(0x0c, [1], [255, 255, 255, 253]), "f").data).toEqual(Int32Array.of(-3))
    expect(parseIdx(idx(0x0d, [1], [0x3f, 0xc0, 0, 0]), "f").data).toEqual(Float32Array.of(1.5))
    expect(parseIdx(idx(0x0e, [1], [0xbf, 0xf8, 0, 0, 0, 0, 0, 0]), "f").data).toEqual(Float64Array.of(-1.5))
  })

  it("reads from the middle of a larger buffer", () => {
    const file = idx(0x0b, [1], [1, 2])
    const larger = new Uint8Array(file.length + 7)
    larger.set(file, 3)
    expect(parseIdx(larger.subarray(3, 3 + file.length), "f").data).toEqual(Int16Array.of(258))
  })

  it("takes a size of zero", () => {
    expect(parseIdx(idx(0x08, [0, 28, 28], []), "f")).toMatchObject({ shape: [0, 28, 28] })
  })

  it("refuses a header that is cut short", () => {
    expect(() => parseIdx(new Uint8Array(0), "f")).toThrow(malformed("ends within its header"))
    expect(() => parseIdx(Uint8Array.of(0, 0, 8), "f")).toThrow(malformed("got:      3 bytes"))
    expect(() => parseIdx(idx(8, [1, 2, 3], []).subarray(0, 15), "f")).toThrow(
      malformed("a header of 16 bytes"),
    )
  })

  it("refuses what is no IDX file", () => {
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3, 4)
    expect(() => parseIdx(png, "f")).toThrow(malformed("it begins with 89 50 4e 47"))
    expect(() => parseIdx(Uint8Array.of(0x1f, 0x8b, 8, 0), "f")).toThrow(malformed("gzipped"))
    expect(() => parseIdx(idx(0x0a, [1], [1]), "f")).toThrow(malformed("08, 09, 0b, 0c, 0d, 0e"))
    expect(() => parseIdx(idx(0x08, [], []), "f")).toThrow(malformed("no dimension"))
  })

  it("says how many bytes it expected and got", () => {
    const file = idx(8, [2, 3], [1, 2, 3, 4, 5, 6])
    expect(() => parseIdx(file.subarray(0, 17), "f")).toThrow(malformed("cut short"))
    expect(() => parseIdx(file.subarray(0, 17), "f")).toThrow(
      malformed("18 bytes for uint8 elements of shape [2, 3]"),
    )
    const longer = Uint8Array.from([...file, 9])
    expect(() => parseIdx(longer, "some/file")).toThrow(malformed("got:      19 bytes"))
    expect(() => parseIdx(longer, "some/file")).toThrow(malformed("some/file: "))
  })

  it("allocates nothing for sizes that the file cannot hold", () => {
    const huge = 0xffffffff
    expect(() => parseIdx(idx(0x0e, [huge, huge, huge], [1]), "f")).toThrow(malformed("cut short"))
    expect(() => parseIdx(idx(0x0e, [huge], [1]), "f")).toThrow(malformed("34359738368 bytes"))
    expect(() => parseIdx(idx(0x08, new Array(255).fill(huge), []), "f")).toThrow(malformed("cut short"))
    expect(() => parseIdx(idx(0x0e, [0, huge, huge, huge], [1]), "f")).toThrow(malformed("goes on"))
  })
})

describe("imageDatasetFromIdx", () => {
  const images = idx(8, [3, 2, 2], [0, 51, 102, 255, 1, 2, 3, 4, 5, 6, 7, 8])
  const labels = idx(8, [3], [9, 0, 4])

  it("pairs images with labels, scaled to [0, 1]", () => {
    const set = imageDatasetFromIdx(images, labels)
    expect(set).toMatchObject({ length: 3, inputShape: [1, 2, 2], targetShape: [], classes: 10 })
    expect(set.inputs.subarray(0, 4)).toEqual(Float32Array.of(0, 0.2, 0.4, 1))
    expect(set.targets).toEqual(Int32Array.of(9, 0, 4))
  })

  it("refuses images and labels of different number", () => {
    const two = idx(8, [2], [1, 2])
    expect(() => imageDatasetFromIdx(images, two)).toThrow(withText("NABLA_DATA_MISMATCH", "2 labels"))
    expect(() => imageDatasetFromIdx(images, two)).toThrow(withText("NABLA_DATA_MISMATCH", "3 labels"))
  })

  it("refuses files in each other's place", () => {
    expect(() => imageDatasetFromIdx(labels, images)).toThrow(withText("NABLA_DATA_MISMATCH", "swapped"))
    expect(() => imageDatasetFromIdx(images, images, { labelsFile: "l" })).toThrow(
      withText("NABLA_DATA_MISMATCH", "l: an images file was given for the labels"),
    )
    expect(() => imageDatasetFromIdx(labels, labels)).toThrow(
      withText("NABLA_DATA_MISMATCH", "a labels file was given for the images"),
    )
    expect(() => imageDatasetFromIdx(idx(8, [3, 4], new Array(12).fill(0)), labels)).toThrow(
      withText("NABLA_DATA_MISMATCH", "does not hold images"),
    )
    expect(() => imageDatasetFromIdx(images, idx(8, [3, 1], [1, 2, 3]))).toThrow(
      withText("NABLA_DATA_MISMATCH", "does not hold labels"),
    )
  })

  it("refuses a label out of range and names the sample and the file", () => {
    const file = { labelsFile: "my-labels" }
    expect(() => imageDatasetFromIdx(images, idx(8, [3], [9, 10, 11]), file)).toThrow(
      withText("NABLA_LABEL_RANGE", "my-labels: the label of sample 1"),
    )
    expect(() => imageDatasetFromIdx(images, labels, { classes: 5 })).toThrow(
      withText("NABLA_LABEL_RANGE", "sample 0"),
    )
    expect(imageDatasetFromIdx(images, idx(8, [3], [9, 25, 0]), { classes: 26 }).classes).toBe(26)
  })

  it("refuses elements other than bytes, and files without a pixel", () => {
    const wide = idx(0x0b, [3, 1, 1], new Array(6).fill(0))
    expect(() => imageDatasetFromIdx(wide, labels)).toThrow(malformed("int16 elements"))
    expect(() => imageDatasetFromIdx(idx(8, [0, 2, 2], []), idx(8, [0], []))).toThrow(
      withText("NABLA_EMPTY_DATA", "shape [0, 2, 2]"),
    )
  })
})
