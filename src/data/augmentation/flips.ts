import { flip, where } from "../../tensor/index.ts"
import { checkNames, checkRange } from "../check.ts"
import type { Augmentation } from "./augmentation.ts"
import { checkImages, chosen, ofInputs } from "./augmentation.ts"

export interface FlipOptions {
  /** Probability, for each image. Default: 0.5. */
  readonly p?: number
}

/**
 * Mirrors images [N, C, H, W] left to right, each with probability p.
 *
 * @throws NABLA_INVALID_ARGUMENT for a p that is no probability; later NABLA_SHAPE_MISMATCH for what is no image
 *
 * @example const augment = randomHorizontalFlip({ p: 0.5 })
 */
export function randomHorizontalFlip(options: FlipOptions = {}): Augmentation {
  return mirror("randomHorizontalFlip", 3, options)
}

/** Mirrors images upside down: see randomHorizontalFlip. */
export function randomVerticalFlip(options: FlipOptions = {}): Augmentation {
  return mirror("randomVerticalFlip", 2, options)
}

function mirror(name: string, dim: number, options: FlipOptions): Augmentation {
  const { p = 0.5 } = options
  checkNames(name, options, ["p"])
  checkRange(name, "p", p, 0, 1)
  return ofInputs((x, generator) => {
    checkImages(name, x)
    return where(chosen(x, p, generator), flip(x, [dim]), x)
  })
}
