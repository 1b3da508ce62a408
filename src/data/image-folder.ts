import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { internalError, NablaError } from "../base/index.ts"
import { fileError } from "./file-errors.ts"
import type {
  ImageFolderDataset,
  ImageFolderOptions,
  PictureDecoder,
  PictureSample,
  PictureSize,
} from "./pictures.ts"
import { PICTURE, pictureDataset, pictureSize, toPlanes, undecodable } from "./pictures.ts"

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
  const size = pictureSize("loadImageFolder", options)
  const samples = await findPictures(path)
  return pictureDataset(path, samples, size, samples.length === 0 ? unused : await sharpDecoder(size))
}

/** Nobody needs a decoder to learn that there is no picture. */
const unused = (): never => {
  throw internalError("there is no picture to decode")
}

/**
 * One picture, from a file or from its bytes: [channels, height, width] float32 in [0, 1]. Options as in loadImageFolder.
 *
 * @throws NABLA_FILE_FORMAT for a file that is none or damaged; NABLA_INVALID_ARGUMENT when `sharp` is not installed
 *
 * @example const pixels = await loadPicture("cat.jpg", { size: 64 })
 */
export async function loadPicture(
  source: string | Uint8Array,
  options: ImageFolderOptions,
): Promise<Float32Array> {
  const size = pictureSize("loadPicture", options)
  const decode = await sharpDecoder(size)
  const out = new Float32Array(size.channels * size.height * size.width)
  toPlanes(await decode(source), size.channels, out, 0, out.length)
  return out
}

async function findPictures(path: string): Promise<PictureSample<string>[]> {
  const samples: PictureSample<string>[] = []
  for (const className of await entriesOf(path, true)) {
    for (const name of await entriesOf(join(path, className), false)) {
      const file = join(path, className, name)
      if (PICTURE.test(name)) samples.push({ className, file, source: file })
    }
  }
  return samples
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

/** What decodes pictures in Node. */
async function sharpDecoder({
  height,
  width,
  channels,
}: PictureSize): Promise<PictureDecoder<string | Uint8Array>> {
  const { default: sharp } = await import("sharp").catch((cause: unknown) => {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "pictures are decoded by the package sharp, which is not installed",
      where: "loadImageFolder",
      hint: "npm install sharp",
      cause,
    })
  })
  return async (source) => {
    const picture = sharp(source, { failOn: "error" }).rotate().resize(width, height, { fit: "cover" })
    const plain = picture.flatten().toColourspace(channels === 1 ? "b-w" : "srgb")
    return plain
      .raw()
      .toBuffer()
      .catch((cause: unknown) => {
        throw undecodable(typeof source === "string" ? source : "the picture", cause)
      })
  }
}
