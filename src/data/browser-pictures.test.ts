import { afterEach, describe, expect, it, vi } from "vitest"
import type { PageFile } from "./browser-pictures.ts"
import { imagesFromFiles } from "./browser-pictures.ts"

/** A stand-in for the browser's decoder: a file's text says its size and colour, "4x2 10,20,30". */
function browser(): void {
  vi.stubGlobal("createImageBitmap", async (file: Blob) => {
    const found = /^(\d+)x(\d+) (.*)$/.exec(await file.text())
    if (found === null) throw new DOMException("The source image could not be decoded.")
    const [, width, height, colour] = found
    return { width: Number(width), height: Number(height), colour, close: () => {} }
  })
  vi.stubGlobal(
    "OffscreenCanvas",
    class {
      drawn: unknown[] = []
      readonly width: number
      readonly height: number
      constructor(width: number, height: number) {
        ;[this.width, this.height] = [width, height]
      }
      getContext() {
        let colour: number[] = []
        return {
          fillRect: () => {},
          drawImage: (bitmap: { colour: string }, x: number, y: number, w: number, h: number) => {
            // It covers the canvas, evenly on both sides.
            expect([x <= 0, y <= 0, x + w >= this.width, y + h >= this.height]).toEqual(Array(4).fill(true))
            expect([2 * x + w, 2 * y + h]).toEqual([this.width, this.height])
            colour = bitmap.colour.split(",").map(Number)
          },
          getImageData: (_x: number, _y: number, width: number, height: number) => ({
            data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => [...colour, 255][i % 4]!),
          }),
        }
      }
    },
  )
}

const file = (path: string, text: string): PageFile =>
  Object.assign(new Blob([text]), { name: path.split("/").at(-1)!, webkitRelativePath: path })

const chosen = [
  file("pets/dogs/b.png", "4x2 255,0,0"),
  file("pets/cats/2.PNG", "2x9 0,255,0"),
  file("pets/cats/1.jpg", "1x1 0,0,51"),
  file("pets/cats/notes.txt", "no picture"),
]

afterEach(() => vi.unstubAllGlobals())

describe("imagesFromFiles", () => {
  it("takes the folders for classes, in the order of loadImageFolder", async () => {
    browser()
    const pets = await imagesFromFiles(chosen, { size: [2, 3] })
    expect([pets.length, pets.classNames, [...pets.targets], pets.inputShape]).toEqual([
      3,
      ["cats", "dogs"],
      [0, 0, 1],
      [3, 2, 3],
    ])
    expect(pets.files).toEqual(["pets/cats/1.jpg", "pets/cats/2.PNG", "pets/dogs/b.png"])
    expect([...pets.inputs.subarray(0, 18)]).toEqual([
      ...Array(12).fill(0),
      ...Array(6).fill(Math.fround(0.2)),
    ])
    expect([...pets.inputs.subarray(36)]).toEqual([...Array(6).fill(1), ...Array(12).fill(0)])
    const grey = await imagesFromFiles(chosen, { size: 1, channels: 1 })
    expect([...grey.inputs].map((value) => Math.round(255 * value))).toEqual([6, 150, 76])
  })

  it("names a picture that cannot be decoded, and says where there is no decoder", async () => {
    await expect(imagesFromFiles(chosen, { size: 2 })).rejects.toThrow(
      /NABLA_INVALID_ARGUMENT[\s\S]*nabla\/data\/node/,
    )
    browser()
    await expect(imagesFromFiles([file("a/x.png", "?")], { size: 2 })).rejects.toThrow(
      /a\/x\.png[\s\S]*NABLA_FILE_FORMAT/,
    )
    await expect(imagesFromFiles([], { size: 2 })).rejects.toThrow("NABLA_EMPTY_DATA")
    await expect(imagesFromFiles(chosen, { size: 0 })).rejects.toThrow("NABLA_INVALID_ARGUMENT")
  })
})
