import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { arange, pad } from "../../tensor/index.ts"
import { checkCount, checkNames, checkWord } from "../check.ts"
import type { Augmentation } from "./augmentation.ts"
import { checkImages, drawn, ofInputs } from "./augmentation.ts"

export interface RandomCropOptions {
  /** Height and width of the cut-out, or one number for both. */
  readonly size: number | readonly [height: number, width: number]
  /** What is put around on every side before. Default: 0. */
  readonly padding?: number
  /** What the padding holds: zeros ("constant", the default), the border, or the mirror image. */
  readonly mode?: "constant" | "replicate" | "reflect"
}

/**
 * Cuts a rectangle out of each image, at a uniform place of its own: [N, C, H, W] → [N, C, height, width].
 *
 * @throws NABLA_INVALID_ARGUMENT for sizes and options that are none
 * @throws NABLA_SHAPE_MISMATCH later, when an image with its padding is smaller than the rectangle
 *
 * @example const augment = randomCrop({ size: 32, padding: 4 })
 */
export function randomCrop(options: RandomCropOptions): Augmentation {
  checkNames("randomCrop", options, ["size", "padding", "mode"])
  const { size, padding = 0, mode = "constant" } = options
  const wanted = typeof size === "number" ? [size, size] : [...size]
  for (const side of wanted) checkCount("randomCrop", "size", side)
  checkCount("randomCrop", "padding", padding, 0)
  checkWord("randomCrop", "mode", mode, ["constant", "replicate", "reflect"])
  return ofInputs((x, generator) => {
    const [n, , height, width] = checkImages("randomCrop", x)
    const padded = padding === 0 ? x : pad(x, [padding, padding, padding, padding], { mode })
    return [height, width].reduce((image, side, i) => {
      const room = side + 2 * padding - wanted[i]!
      if (room < 0) throw tooSmall(wanted, padded)
      const start = drawn(n, [0, room + 1], { generator })
        .floor()
        .to("int32")
      return windows(image, 2 + i, start, wanted[i]!)
    }, padded)
  })
}

/** Of each image `length` places along a dimension, from its own start on. */
function windows(x: Tensor, dim: number, start: Tensor, length: number): Tensor {
  const places = start.unsqueeze(1).add(arange(length, undefined, undefined, { dtype: "int32" }))
  const shape = x.shape.map((size, i) => (i === dim ? length : size))
  const aligned = x.shape.map((_, i) => (i === 0 ? x.shape[0]! : i === dim ? length : 1))
  return x.gather(dim, places.reshape(aligned).expand(shape))
}

function tooSmall(wanted: readonly number[], padded: Tensor): NablaError {
  return new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the images with their padding are smaller than what is to be cut out",
    expected: `at least ${wanted.join("×")}`,
    got: padded.shape.slice(2).join("×"),
    where: "randomCrop",
  })
}
