import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { NablaError } from "../base/index.ts"
import { checkCount, checkNames } from "./check.ts"
import type { ArrayDataset } from "./dataset.ts"
import { arrayDataset } from "./dataset.ts"
import { fileError } from "./file-errors.ts"

export interface ImageFolderOptions {
  /** Size that every picture is brought to: it is scaled until it covers that, and what is over is cut off evenly. */
  readonly size: number | readonly [height: number, width: number]
  /** 3: red, green, blue (default); 1: grey. */
  readonly channels?: 1 | 3
}

export interface ImageFolderDataset extends ArrayDataset {
  readonly classes: number
  /** The folders' names; class k is the k-th in the order of code points. */
  readonly classNames: readonly string[]
  /** The path of each sample. */
  readonly files: readonly string[]
}

const PICTURE = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i

/** Pictures that are decoded at once. */
const TOGETHER = 8

/**
 * Reads pictures from a folder that holds a folder for each class: `cats/1.jpg`, `dogs/7.png` …
 *
 * inputs [channels, height, width] float32 in [0, 1], targets [] int32, sorted by class and file name. Files that are no
 * pictures by their names (.jpg, .jpeg, .png, .webp, .gif, .avif, .tif, .tiff) are passed over. Needs the package `sharp`.
 *
 * @throws NABLA_FILE_NOT_FOUND, NABLA_FILE_UNREADABLE for the folder; NABLA_FILE_FORMAT for a damaged picture, by name
 * @throws NABLA_EMPTY_DATA when no folder in it has a picture
 * @throws NABLA_INVALID_ARGUMENT for sizes and options that are none, and when `sharp` is not installed
 *
 * @example const pets = await loadImageFolder("pets", { size: 64 })
 */
export async function loadImageFolder(
  path: string,
  options: ImageFolderOptions,
): Promise<ImageFolderDataset> {
  checkNames("loadImageFolder", options, ["size", "channels"])
  const { size, channels = 3 } = options
  const [height, width] = typeof size === "number" ? [size, size] : size
  checkCount("loadImageFolder", "size", height)
  checkCount("loadImageFolder", "size", width)
  const samples = await findPictures(path)
  const classNames = [...new Set(samples.map(({ className }) => className))]
  const decode = await pictureDecoder(height, width, channels)
  const pixels = channels * height * width
  const inputs = new Float32Array(samples.length * pixels)
  for (let begin = 0; begin < samples.length; begin += TOGETHER) {
    const part = samples.slice(begin, begin + TOGETHER)
    const pictures = await Promise.all(part.map(({ file }) => decode(file)))
    for (const [i, bytes] of pictures.entries())
      toPlanes(bytes, channels, inputs, (begin + i) * pixels, pixels)
  }
  const targets = Int32Array.from(samples, ({ className }) => classNames.indexOf(className))
  const classes = classNames.length
  const shapes = { inputShape: [channels, height, width], targetShape: [] }
  const dataset = arrayDataset({ name: path, inputs, targets, classes, ...shapes })
  return { ...dataset, classes, classNames, files: samples.map(({ file }) => file) }
}

async function findPictures(path: string): Promise<{ className: string; file: string }[]> {
  const samples: { className: string; file: string }[] = []
  for (const className of await entriesOf(path, true)) {
    for (const name of await entriesOf(join(path, className), false))
      if (PICTURE.test(name)) samples.push({ className, file: join(path, className, name) })
  }
  if (samples.length > 0) return samples
  throw new NablaError("NABLA_EMPTY_DATA", {
    message: "there is no picture",
    expected: "a folder for each class, with pictures in it (.jpg, .png, .webp …)",
    where: path,
  })
}

async function entriesOf(folder: string, folders: boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw fileError(folder, cause)
  })
  return entries
    .filter((entry) => entry.isDirectory() === folders)
    .map(({ name }) => name)
    .sort()
}

/** Interleaved bytes of a picture in the size that is wanted. */
async function pictureDecoder(
  height: number,
  width: number,
  channels: 1 | 3,
): Promise<(file: string) => Promise<Uint8Array>> {
  const { default: sharp } = await import("sharp").catch((cause: unknown) => {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "pictures are decoded by the package sharp, which is not installed",
      where: "loadImageFolder",
      hint: "npm install sharp",
      cause,
    })
  })
  return async (file) => {
    const picture = sharp(file, { failOn: "error" }).rotate().resize(width, height, { fit: "cover" })
    const plain = picture.flatten().toColourspace(channels === 1 ? "b-w" : "srgb")
    return plain
      .raw()
      .toBuffer()
      .catch((cause: unknown) => {
        const got = cause instanceof Error ? cause.message : String(cause)
        const message = "the picture cannot be decoded"
        throw new NablaError("NABLA_FILE_FORMAT", { message, got, where: file, cause })
      })
  }
}

function toPlanes(bytes: Uint8Array, channels: number, out: Float32Array, at: number, pixels: number): void {
  const plane = pixels / channels
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < plane; i++) out[at + c * plane + i] = bytes[i * channels + c]! / 255
}
