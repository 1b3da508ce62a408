import type { Generator, Tensor } from "../../tensor/index.ts"
import { affineGrid, cat, gridSample, tan } from "../../tensor/index.ts"
import { checkNames, checkRange, checkWord } from "../check.ts"
import type { Augmentation, Span } from "./augmentation.ts"
import { checkImages, checkSpan, drawn, ofInputs } from "./augmentation.ts"

export interface SamplingOptions {
  /** Between pixels: "bilinear" (default), or the "nearest" one. */
  readonly mode?: "bilinear" | "nearest"
  /** What lies outside of the image: "zeros" (default), its "border", or its "reflection". */
  readonly paddingMode?: "zeros" | "border" | "reflection"
}

export interface RandomAffineOptions extends SamplingOptions {
  /** Turns by U(−degrees, degrees). Default: 0. */
  readonly degrees?: number
  /** Shifts by up to these shares of width and height. Default: [0, 0]. */
  readonly translate?: readonly [x: number, y: number]
  /** Grows by a factor between these two. Default: [1, 1]. */
  readonly scale?: Span
  /** Slants along x by U(−shear, shear) degrees. Default: 0. */
  readonly shear?: number
}

export const samplingNames = ["mode", "paddingMode"] as const

/** @throws NABLA_INVALID_ARGUMENT for modes that do not exist */
export function checkSampling(where: string, options: SamplingOptions): void {
  const { mode = "bilinear", paddingMode = "zeros" } = options
  checkWord(where, "mode", mode, ["bilinear", "nearest"])
  checkWord(where, "paddingMode", paddingMode, ["zeros", "border", "reflection"])
}

/**
 * Turns, shifts, scales and slants each image about its centre, by amounts of its own. Shape: [N, C, H, W], kept.
 *
 * The pixel at p comes from S⁻¹·(p − t) with S = s·R(θ)·[[1, tan φ], [0, 1]], in pixels from the centre, so that images
 * which are not square keep their angles.
 *
 * @throws NABLA_INVALID_ARGUMENT for ranges and options that are none; later NABLA_SHAPE_MISMATCH for what is no image
 *
 * @example const augment = randomAffine({ degrees: 10, translate: [0.1, 0.1], scale: [0.9, 1.1], shear: 5 })
 */
export function randomAffine(options: RandomAffineOptions = {}): Augmentation {
  checkNames("randomAffine", options, ["degrees", "translate", "scale", "shear", ...samplingNames])
  return affine("randomAffine", options)
}

/**
 * Turns each image about its centre by U(−degrees, degrees). Otherwise as {@link randomAffine}.
 *
 * @example const augment = randomRotation(15)
 */
export function randomRotation(degrees: number, options: SamplingOptions = {}): Augmentation {
  checkNames("randomRotation", options, samplingNames)
  return affine("randomRotation", { ...options, degrees })
}

function affine(name: string, options: RandomAffineOptions): Augmentation {
  const { degrees = 0, translate = [0, 0], scale = [1, 1], shear = 0, ...sampling } = options
  checkRange(name, "degrees", degrees, 0)
  checkRange(name, "shear", shear, 0, 89)
  for (const share of translate) checkRange(name, "translate", share, 0, 1)
  checkSpan(name, "scale", scale, Number.MIN_VALUE)
  checkSampling(name, options)
  const ranges = { degrees, translate, scale, shear }
  return ofInputs((x, generator) => {
    const [, , height, width] = checkImages(name, x)
    const theta = inverseMaps(x, width / height, ranges, generator)
    return gridSample(x, affineGrid(theta, x.shape), sampling)
  })
}

/** Where the pixels of each image come from, [N, 2, 3], in coordinates from −1 to 1. */
function inverseMaps(
  x: Tensor,
  aspect: number,
  { degrees, translate, scale, shear }: Required<Omit<RandomAffineOptions, keyof SamplingOptions>>,
  generator: Generator,
): Tensor {
  const draw = (most: number, low = -most): Tensor =>
    drawn(x.shape[0]!, [low, most], { generator, dtype: x.dtype }).unsqueeze(1)
  const angle = draw((degrees * Math.PI) / 180)
  const slant = tan(draw((shear * Math.PI) / 180))
  const shrink = draw(scale[1], scale[0]).reciprocal()
  const [cos, sin] = [angle.cos().mul(shrink), angle.sin().mul(shrink)]
  // [[1, −k], [0, 1]]·R(−θ)/s; from coordinates of −1 to 1 to pixels and back it is the aspect that is left.
  const a = cos.add(slant.mul(sin))
  const b = sin.sub(slant.mul(cos)).div(aspect)
  const c = sin.mul(-aspect)
  const [right, down] = [draw(2 * translate[0]), draw(2 * translate[1])]
  const across = a.mul(right).add(b.mul(down)).neg()
  const along = c.mul(right).add(cos.mul(down)).neg()
  return cat([a, b, across, c, cos, along], 1).reshape([-1, 2, 3])
}
