import type { DType } from "../base/index.ts"
import { isFloating, NablaError } from "../base/index.ts"
import { composed } from "./composed.ts"
import { tensor } from "./creation.ts"
import type { Tensor } from "./tensor.ts"

/** Pixels row by row, channels interleaved: a browser's ImageData, or any decoder's result. */
export interface ImageLike {
  readonly data: Uint8ClampedArray | Uint8Array
  readonly width: number
  readonly height: number
}

export interface ImageOptions {
  /** 1: luminance (Rec. 601: 0.299 R + 0.587 G + 0.114 B); 3: red, green, blue; 4: with alpha. Default 3, or 1 for grey data. */
  readonly channels?: 1 | 3 | 4
  readonly dtype?: DType
}

/**
 * A picture as a tensor [channels, height, width] of float32 in [0, 1].
 *
 *     const x = fromImageData(context.getImageData(0, 0, 28, 28), { channels: 1 })
 *
 * @throws NABLA_SHAPE_MISMATCH when the data do not hold 1, 3 or 4 bytes for each pixel, or lack the channels asked for
 */
export const fromImageData = composed(
  "fromImageData",
  (image: ImageLike, { channels, dtype = "float32" }: ImageOptions = {}): Tensor => {
    const { data, width, height } = image
    const pixels = width * height
    const given = data.length / pixels
    const wanted = channels ?? (given === 1 ? 1 : 3)
    if (!(given === 1 || given === 3 || given === 4) || (wanted > given && wanted !== 1)) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the data do not fit the size of the picture and its channels",
        where: "fromImageData",
        expected: `1, 3 or 4 bytes for each of ${width}×${height} pixels, and at least ${wanted} channels`,
        got: `${data.length} bytes`,
      })
    }
    const scale = isFloating(dtype) ? 1 / 255 : 1
    const out = new Float64Array(wanted * pixels)
    for (let pixel = 0; pixel < pixels; pixel++) {
      const at = pixel * given
      if (wanted === 1 && given > 1) {
        out[pixel] = (0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!) * scale
      } else for (let c = 0; c < wanted; c++) out[c * pixels + pixel] = data[at + c]! * scale
    }
    return tensor(out, { shape: [wanted, height, width], dtype })
  },
)
