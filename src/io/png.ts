import { formatShape, NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { crc32 } from "./crc32.ts"
import { concatenate, deflate } from "./streams.ts"

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** Colour types by the number of channels: grey, grey with alpha, RGB, RGBA. */
const colourTypes = [0, 4, 2, 6]

/**
 * Writes a picture as PNG, 8 bits a channel.
 *
 * Shape: [H, W] or [C, H, W] with C = 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA); values in [0, 1], others are
 * clipped.
 *
 * @throws NABLA_SHAPE_MISMATCH for what is no picture
 *
 * @example const bytes = await encodePng(contactSheet(images, randomRotation(15)))
 */
export async function encodePng(image: Tensor): Promise<Uint8Array> {
  const [channels, height, width] = image.ndim === 2 ? [1, ...image.shape] : image.shape
  const colourType = image.ndim <= 3 ? colourTypes[(channels ?? 0) - 1] : undefined
  if (colourType === undefined || !height || !width) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "this is no picture",
      expected: "[H, W], or [C, H, W] with 1 to 4 channels",
      got: formatShape(image.shape),
      where: "encodePng",
    })
  }
  const size = [channels!, height, width] as const
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([8, colourType], 8)
  const data = await deflate(scanlines(await image.data(), size), "deflate")
  const parts = [SIGNATURE, chunk("IHDR", header), chunk("IDAT", data), chunk("IEND", new Uint8Array(0))]
  return concatenate(
    parts,
    parts.reduce((sum, part) => sum + part.length, 0),
  )
}

/** Rows of interleaved bytes, each after a 0: its filter is none. */
function scanlines(
  values: ArrayLike<number>,
  [channels, height, width]: readonly [number, number, number],
): Uint8Array {
  const out = new Uint8Array(height * (1 + width * channels))
  let at = 0
  for (let y = 0; y < height; y++) {
    at++
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) {
        const value = values[(c * height + y) * width + x]!
        // Not a number becomes black.
        out[at++] = value > 0 ? Math.round(255 * Math.min(1, value)) : 0
      }
  }
  return out
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, data.length)
  out.set(new TextEncoder().encode(type), 4)
  out.set(data, 8)
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)))
  return out
}
