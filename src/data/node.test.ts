import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { findIdxPairs, loadImages } from "./node.ts"

const withText = (code: string, text = "") =>
  expect.objectContaining({ code, message: expect.stringContaining(text) })

/** n images of 2×2 pixels. */
const images = (n: number) =>
  Uint8Array.from([0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 2, 0, 0, 0, 2, ...new Array(4 * n).fill(n)])
const labels = (n: number) => Uint8Array.from([0, 0, 8, 1, 0, 0, 0, n, ...new Array(n).fill(n)])

let folder = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nabla-idx-"))
})
afterEach(() => rm(folder, { recursive: true }))

async function put(files: Record<string, Uint8Array>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
}

describe("loadImages", () => {
  it("reads the one pair of a folder, plain or gzipped", async () => {
    await put({
      "tiny-images-idx3-ubyte.gz": gzipSync(images(3)),
      "tiny-labels-idx1-ubyte": labels(3),
      "notes.txt": labels(1),
    })
    const { train, test } = await loadImages(folder)
    expect(train).toMatchObject({ length: 3, name: "tiny-images-idx3-ubyte", inputShape: [1, 2, 2] })
    expect(test).toBeUndefined()
  })

  it("reads the training and the test pair of a folder like MNIST's", async () => {
    await put({ "train-images.idx3-ubyte": images(5), "train-labels.idx1-ubyte": labels(5) })
    await put({ "t10k-images.idx3-ubyte": images(2), "t10k-labels.idx1-ubyte": labels(2) })
    const { train, test } = await loadImages(folder)
    expect([train.length, test?.length]).toEqual([5, 2])
  })

  it("finds the partner of one file, be it images or labels", async () => {
    await put({ "a-images-idx3-ubyte": images(1), "a-labels-idx1-ubyte.gz": gzipSync(labels(1)) })
    await put({ "b-images-idx3-ubyte": images(2), "b-labels-idx1-ubyte": labels(2) })
    expect((await loadImages(join(folder, "a-images-idx3-ubyte"))).train.length).toBe(1)
    expect((await loadImages(join(folder, "b-labels-idx1-ubyte"))).train.length).toBe(2)
    await expect(loadImages(folder)).rejects.toEqual(withText("NABLA_INVALID_ARGUMENT", "several data sets"))
  })

  it("takes the plain file where it also lies there gzipped", async () => {
    await put({ "a-images-idx3-ubyte": images(1), "a-images-idx3-ubyte.gz": gzipSync(images(1)) })
    await put({ "a-labels-idx1-ubyte": labels(1), "a-labels-idx1-ubyte.gz": gzipSync(labels(1)) })
    expect(await findIdxPairs(folder)).toEqual([
      { images: join(folder, "a-images-idx3-ubyte"), labels: join(folder, "a-labels-idx1-ubyte") },
    ])
  })

  it("says what is missing", async () => {
    await expect(loadImages(join(folder, "nowhere"))).rejects.toEqual(
      withText("NABLA_FILE_NOT_FOUND", "nowhere"),
    )
    await expect(loadImages(folder)).rejects.toEqual(withText("NABLA_FILE_NOT_FOUND", "an empty folder"))
    await put({ "a-labels-idx1-ubyte": labels(1), "notes.txt": labels(1) })
    await expect(loadImages(folder)).rejects.toEqual(withText("NABLA_FILE_NOT_FOUND", "no images file"))
    await expect(loadImages(join(folder, "a-labels-idx1-ubyte"))).rejects.toEqual(
      withText("NABLA_FILE_NOT_FOUND", "no images file for the labels"),
    )
    await expect(loadImages(join(folder, "notes.txt"))).rejects.toEqual(
      withText("NABLA_FILE_FORMAT", "neither"),
    )
    await expect(loadImages(join(folder, "notes.txt", "x"))).rejects.toEqual(withText("NABLA_FILE_NOT_FOUND"))
    await rm(join(folder, "a-labels-idx1-ubyte"))
    await put({ "a-images-idx3-ubyte": images(1) })
    await expect(loadImages(folder)).rejects.toEqual(withText("NABLA_FILE_NOT_FOUND", "a-labels-idx1-ubyte"))
  })

  it("names the damaged file", async () => {
    const packed = gzipSync(images(3))
    await put({ "a-images-idx3-ubyte.gz": packed.subarray(0, 20), "a-labels-idx1-ubyte": labels(3) })
    await expect(loadImages(folder)).rejects.toEqual(withText("NABLA_FILE_FORMAT", "a-images-idx3-ubyte.gz"))
    await put({ "a-images-idx3-ubyte.gz": images(3) })
    await expect(loadImages(folder)).rejects.toEqual(withText("NABLA_FILE_FORMAT", "not gzipped"))
    await put({ "a-images-idx3-ubyte.gz": packed, "a-labels-idx1-ubyte": labels(3).subarray(0, 10) })
    await expect(loadImages(folder)).rejects.toEqual(withText("NABLA_FILE_FORMAT", "a-labels-idx1-ubyte"))
    await put({ "a-labels-idx1-ubyte": images(3) })
    await expect(loadImages(folder)).rejects.toEqual(withText("NABLA_DATA_MISMATCH", "a-labels-idx1-ubyte"))
  })
})
