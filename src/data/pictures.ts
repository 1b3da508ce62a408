import { NablaError } from "../base/index.ts"
import { checkCount, checkNames } from "./check.ts"
import type { ArrayDataset } from "./dataset.ts"
import { arrayDataset } from "./dataset.ts"

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

/** What pictures become: channels × height × width. */
export interface PictureSize {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
}

/** Decodes a picture and brings it to its size: interleaved bytes [height, width, channels]. */
export type PictureDecoder<Source> = (source: Source) => Promise<ArrayLike<number>>

/** A picture before it is decoded. */
export interface PictureSample<Source> {
  readonly className: string
  /** Its path, for errors. */
  readonly file: string
  readonly source: Source
}

/** Names of files that are pictures. */
export const PICTURE = /\.(jpe?g|png|webp|gif|avif|tiff?)$/i

/** Pictures that are decoded at once. */
const TOGETHER = 8

/** @throws NABLA_INVALID_ARGUMENT for sizes and options that are none */
export function pictureSize(where: string, options: ImageFolderOptions): PictureSize {
  checkNames(where, options, ["size", "channels"])
  const { size, channels = 3 } = options
  const [height, width] = typeof size === "number" ? [size, size] : size
  checkCount(where, "size", height)
  checkCount(where, "size", width)
  return { height, width, channels }
}

/**
 * Decodes pictures into a data set: inputs [channels, height, width] float32 in [0, 1], targets [] int32.
 *
 * @throws NABLA_EMPTY_DATA without a picture, and what the decoder throws
 */
export async function pictureDataset<Source>(
  name: string,
  samples: readonly PictureSample<Source>[],
  { height, width, channels }: PictureSize,
  decode: PictureDecoder<Source>,
): Promise<ImageFolderDataset> {
  if (samples.length === 0) {
    throw new NablaError("NABLA_EMPTY_DATA", {
      message: "there is no picture",
      expected: "a folder for each class, with pictures in it (.jpg, .png, .webp …)",
      where: name,
    })
  }
  const classNames = [...new Set(samples.map(({ className }) => className))]
  const pixels = channels * height * width
  const inputs = new Float32Array(samples.length * pixels)
  for (let begin = 0; begin < samples.length; begin += TOGETHER) {
    const part = samples.slice(begin, begin + TOGETHER)
    const pictures = await Promise.all(part.map(({ source }) => decode(source)))
    for (const [i, bytes] of pictures.entries())
      toPlanes(bytes, channels, inputs, (begin + i) * pixels, pixels)
  }
  const targets = Int32Array.from(samples, ({ className }) => classNames.indexOf(className))
  const classes = classNames.length
  const shapes = { inputShape: [channels, height, width], targetShape: [] }
  const dataset = arrayDataset({ name, inputs, targets, classes, ...shapes })
  return { ...dataset, classes, classNames, files: samples.map(({ file }) => file) }
}

/** Interleaved bytes as planes of numbers from 0 to 1, from `at` on. */
export function toPlanes(
  bytes: ArrayLike<number>,
  channels: number,
  out: Float32Array,
  at: number,
  pixels: number,
): void {
  const plane = pixels / channels
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < plane; i++) out[at + c * plane + i] = bytes[i * channels + c]! / 255
}

/** A picture that cannot be decoded, by name. */
export function undecodable(where: string, cause: unknown): NablaError {
  const got = cause instanceof Error ? cause.message : String(cause)
  return new NablaError("NABLA_FILE_FORMAT", { message: "the picture cannot be decoded", got, where, cause })
}
