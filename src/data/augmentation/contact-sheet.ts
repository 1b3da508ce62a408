import type { Tensor } from "../../tensor/index.ts"
import { cat, Generator, pad } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import type { Augmentation } from "./augmentation.ts"
import { checkImages } from "./augmentation.ts"

export interface ContactSheetOptions {
  /** Pictures that are drawn of each image, after itself. Default: 7. */
  readonly columns?: number
  /** Width of the lines between. Default: 2. */
  readonly gap?: number
  /** Colour of the lines. Default: 1. */
  readonly value?: number
  /** Default: 0. */
  readonly seed?: number
}

/**
 * A picture of what an augmentation does: a row for each image, first itself, then what it may become.
 *
 * Shapes: images [N, C, H, W] → [C, N·(H + gap) + gap, (columns + 1)·(W + gap) + gap]. The augmentation must keep the
 * size of the images; targets of 0 are passed to it.
 *
 * @throws NABLA_SHAPE_MISMATCH for what is no batch of images
 * @throws NABLA_INVALID_ARGUMENT for numbers and options that are none
 *
 * @example
 * const sheet = contactSheet(images, randomRotation(15))
 * const png = await encodePng(sheet)
 */
export function contactSheet(
  x: Tensor,
  augmentation: Augmentation,
  options: ContactSheetOptions = {},
): Tensor {
  checkNames("contactSheet", options, ["columns", "gap", "value", "seed"])
  const { columns = 7, gap = 2, value = 1, seed = 0 } = options
  checkCount("contactSheet", "columns", columns)
  checkCount("contactSheet", "gap", gap, 0)
  const [n, c, height, width] = checkImages("contactSheet", x)
  const generator = new Generator(seed)
  const targets = x.select(1, 0).select(1, 0).select(1, 0).mul(0).to("int32")
  const pictures = Array.from({ length: columns }, () => augmentation([x, targets], generator)[0])
  for (const picture of pictures) checkImages("contactSheet", picture)
  const framed = [x, ...pictures].map((picture) => pad(picture, [0, gap, 0, gap], { value }))
  const rows = cat(framed, 3).permute([1, 0, 2, 3])
  const whole = rows.reshape([c, n * (height + gap), (columns + 1) * (width + gap)])
  return pad(whole, [gap, 0, gap, 0], { value })
}
