import { NablaError } from "../base/index.ts"
import type { ImageFolderDataset, ImageFolderOptions, PictureDecoder, PictureSize } from "./pictures.ts"
import { PICTURE, pictureDataset, pictureSize, undecodable } from "./pictures.ts"

/** A file of a page: what `<input type="file" webkitdirectory>` gives. */
export type PageFile = Blob & { readonly name: string; readonly webkitRelativePath?: string }

/** Rec. 601 luminance. */
const LUMINANCE = [0.299, 0.587, 0.114] as const

/**
 * Pictures that the user of a page chose, as a data set: the class is the name of the folder that a file lies in. Sorted
 * by class and file name, as loadImageFolder of `nabla/data/node`, but decoded and scaled by the browser, so that pixels
 * may differ a little from those of Node.
 *
 * inputs [channels, height, width] float32 in [0, 1], targets [] int32. Files that are no pictures by their names are
 * passed over.
 *
 * @throws NABLA_EMPTY_DATA when there is no picture; NABLA_FILE_FORMAT for a damaged one, by name
 * @throws NABLA_INVALID_ARGUMENT for sizes and options that are none, and where nothing decodes pictures (in Node)
 *
 * @example const pets = await imagesFromFiles(input.files, { size: 64 })
 */
export async function imagesFromFiles(
  files: Iterable<PageFile>,
  options: ImageFolderOptions,
): Promise<ImageFolderDataset> {
  const size = pictureSize("imagesFromFiles", options)
  const decode = bitmapDecoder(size)
  const samples = [...files]
    .map((source) => ({ source, ...placeOf(source) }))
    .filter(({ file }) => PICTURE.test(file))
    .sort((a, b) => order(a.className, b.className) || order(a.file, b.file))
  return pictureDataset("the chosen files", samples, size, decode)
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function placeOf({ name, webkitRelativePath }: PageFile): { file: string; className: string } {
  const file = webkitRelativePath || name
  return { file, className: file.split("/").at(-2) ?? "" }
}

/**
 * What decodes pictures in a browser, on a page or in a worker of its own.
 *
 * @throws NABLA_INVALID_ARGUMENT where there is no createImageBitmap
 */
export function bitmapDecoder({ height, width, channels }: PictureSize): PictureDecoder<PageFile> {
  if (typeof createImageBitmap !== "function" || typeof OffscreenCanvas !== "function") {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "nothing decodes pictures here: there is no createImageBitmap",
      where: "imagesFromFiles",
      hint: "in Node use loadImageFolder of nabla/data/node",
    })
  }
  return async (source) => {
    const bitmap = await createImageBitmap(source).catch((cause: unknown) => {
      throw undecodable(placeOf(source).file, cause)
    })
    const canvas = new OffscreenCanvas(width, height)
    const context = canvas.getContext("2d", { willReadFrequently: true })!
    // What is transparent becomes black.
    context.fillRect(0, 0, width, height)
    const scale = Math.max(width / bitmap.width, height / bitmap.height)
    const [w, h] = [bitmap.width * scale, bitmap.height * scale]
    context.imageSmoothingQuality = "high"
    context.drawImage(bitmap, (width - w) / 2, (height - h) / 2, w, h)
    bitmap.close()
    return fromRgba(context.getImageData(0, 0, width, height).data, channels)
  }
}

/** Without the alpha channel, or grey. */
function fromRgba(rgba: ArrayLike<number>, channels: 1 | 3): Uint8Array {
  const bytes = new Uint8Array((rgba.length / 4) * channels)
  for (let i = 0; i < rgba.length / 4; i++) {
    const [r, g, b] = [rgba[4 * i]!, rgba[4 * i + 1]!, rgba[4 * i + 2]!]
    if (channels === 3) bytes.set([r, g, b], 3 * i)
    else bytes[i] = Math.round(LUMINANCE[0] * r + LUMINANCE[1] * g + LUMINANCE[2] * b)
  }
  return bytes
}
