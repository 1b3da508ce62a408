import type { Shape } from "../../base/index.ts"
import { formatShape, NablaError } from "../../base/index.ts"
import { randomAffine, randomRotation } from "./affine.ts"
import type { Augmentation } from "./augmentation.ts"
import { compose } from "./augmentation.ts"
import { colorJitter, gaussianNoise } from "./color.ts"
import { randomCrop } from "./crop.ts"
import { elasticTransform } from "./elastic.ts"
import { randomHorizontalFlip, randomVerticalFlip } from "./flips.ts"
import { cutout } from "./masking.ts"

interface Named {
  readonly summary: string
  /** For images of that shape. */
  make(height: number, width: number): Augmentation
}

const table: Readonly<Record<string, Named>> = {
  crop: {
    summary: "shifted by up to an eighth, zeros move in",
    make: (height, width) =>
      randomCrop({ size: [height, width], padding: Math.max(1, Math.floor(Math.min(height, width) / 8)) }),
  },
  flip: { summary: "mirrored left to right, half of them", make: () => randomHorizontalFlip() },
  "flip-vertical": { summary: "mirrored upside down, half of them", make: () => randomVerticalFlip() },
  rotate: { summary: "turned by up to 15°", make: () => randomRotation(15) },
  affine: {
    summary: "turned by up to 10°, shifted by up to a tenth, scaled by 0.9 to 1.1, slanted by up to 5°",
    make: () => randomAffine({ degrees: 10, translate: [0.1, 0.1], scale: [0.9, 1.1], shear: 5 }),
  },
  elastic: { summary: "bent like rubber (Simard et al. 2003)", make: () => elasticTransform({ alpha: 20 }) },
  color: {
    summary: "other brightness and contrast, by up to a fifth",
    make: () => colorJitter({ brightness: 0.2, contrast: 0.2 }),
  },
  noise: { summary: "normal noise of 0.05", make: () => gaussianNoise({ std: 0.05 }) },
  cutout: {
    summary: "a square of a quarter of the side wiped out (DeVries & Taylor 2017)",
    make: (height, width) => cutout({ size: Math.max(1, Math.round(Math.min(height, width) / 4)) }),
  },
}

/** Names that {@link namedAugmentation} knows, with what they do. */
export const augmentationNames: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(table).map(([name, { summary }]) => [name, summary]),
)

/**
 * Augmentations of images by name, one after the other, with usual settings for images of that shape.
 *
 * @param inputShape of an image: [channels, height, width]
 * @throws NABLA_INVALID_ARGUMENT for a name that is none, and without names
 * @throws NABLA_SHAPE_MISMATCH for what is no shape of an image
 *
 * @example const augment = namedAugmentation(["crop", "flip"], [3, 32, 32])
 */
export function namedAugmentation(names: readonly string[], inputShape: Shape): Augmentation {
  const unknown = names.find((name) => !Object.hasOwn(table, name))
  if (names.length === 0 || unknown !== undefined) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "there is no such augmentation",
      expected: Object.keys(table).join(", "),
      got: unknown ?? "none",
      where: "namedAugmentation",
    })
  }
  const [, height, width] = inputShape
  if (inputShape.length !== 3) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "only images can be augmented so",
      expected: "inputs of shape [channels, height, width]",
      got: formatShape(inputShape),
      where: names.join(","),
    })
  }
  return compose(...names.map((name) => table[name]!.make(height!, width!)))
}
