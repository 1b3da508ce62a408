import { formatShape, NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { cat, clamp, tensor } from "../../tensor/index.ts"
import { checkNames, checkRange } from "../check.ts"
import type { Augmentation, Span } from "./augmentation.ts"
import { checkImages, drawn, ofInputs, perSample } from "./augmentation.ts"
import { normalNoise } from "./normal-noise.ts"

export interface ColorJitterOptions {
  /** Multiplies by U(max(0, 1 − brightness), 1 + brightness). Default: 0. */
  readonly brightness?: number
  /** Moves away from the image's mean grey, or towards it, by such a factor. Default: 0. */
  readonly contrast?: number
  /** Moves away from each pixel's grey, or towards it, by such a factor. Default: 0. */
  readonly saturation?: number
  /** Turns colours by U(−hue, hue) of the circle, at most 0.5. Default: 0. */
  readonly hue?: number
}

/** Rec. 601 luminance. */
const LUMINANCE = [0.299, 0.587, 0.114]

/**
 * Changes brightness, contrast, saturation and hue of images in [0, 1], in this order, by amounts of each image's own.
 * Shape: [N, C, H, W], kept; saturation and hue need 3 channels. Results are clipped to [0, 1].
 *
 * The hue is turned about the grey axis of the colour cube, which is linear and keeps R + G + B; PyTorch's goes through
 * HSV, whose turns are the same for 0, ±1/3 of the circle.
 *
 * @throws NABLA_INVALID_ARGUMENT for numbers and options that are none; later NABLA_SHAPE_MISMATCH for what is no image
 *
 * @example const augment = colorJitter({ brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.05 })
 */
export function colorJitter(options: ColorJitterOptions = {}): Augmentation {
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0 } = options
  checkNames("colorJitter", options, ["brightness", "contrast", "saturation", "hue"])
  for (const [name, value] of Object.entries({ brightness, contrast, saturation }))
    checkRange("colorJitter", name, value, 0)
  checkRange("colorJitter", "hue", hue, 0, 0.5)
  return ofInputs((x, generator) => {
    const [n, channels] = checkImages("colorJitter", x)
    if (channels !== 3 && saturation + hue > 0) throw colourless(x)
    const factor = (range: Span): Tensor => perSample(drawn(n, range, { generator, dtype: x.dtype }), 4)
    const around = (amount: number): Tensor => factor([Math.max(0, 1 - amount), 1 + amount])
    let y = x
    if (brightness > 0) y = clipped(y.mul(around(brightness)))
    if (contrast > 0) y = away(y, grey(y).mean([1, 2, 3], { keepdim: true }), around(contrast))
    if (saturation > 0) y = away(y, grey(y), around(saturation))
    if (hue > 0) y = clipped(turned(y, factor([-2 * Math.PI * hue, 2 * Math.PI * hue])))
    return y
  })
}

const clipped = (x: Tensor): Tensor => clamp(x, { min: 0, max: 1 })

const away = (x: Tensor, centre: Tensor, factor: Tensor): Tensor =>
  clipped(centre.add(x.sub(centre).mul(factor)))

/** [N, 1, H, W]: luminance of colours, otherwise the mean of the channels. */
function grey(x: Tensor): Tensor {
  if (x.shape[1] !== 3) return x.mean(1, { keepdim: true })
  return x.mul(tensor(LUMINANCE, { dtype: x.dtype, shape: [3, 1, 1] })).sum(1, { keepdim: true })
}

/** Rotation about (1, 1, 1): x·cos α + (k × x)·sin α + m·(1 − cos α), with m the mean and k the axis (Rodrigues). */
function turned(x: Tensor, angle: Tensor): Tensor {
  const [r, g, b] = [0, 1, 2].map((i) => x.narrow(1, i, 1)) as [Tensor, Tensor, Tensor]
  const across = cat([b.sub(g), r.sub(b), g.sub(r)], 1).mul(1 / Math.sqrt(3))
  const mean = x.mean(1, { keepdim: true })
  return mean.add(x.sub(mean).mul(angle.cos())).add(across.mul(angle.sin()))
}

function colourless(x: Tensor): NablaError {
  return new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "saturation and hue are of colours",
    expected: "[N, 3, H, W]",
    got: formatShape(x.shape),
    where: "colorJitter",
  })
}

export interface NoiseOptions {
  /** Standard deviation. Default: 0.1. */
  readonly std?: number
}

/**
 * Adds normal noise of its own to each number: x + std·N(0, 1). Any shape.
 *
 * @throws NABLA_INVALID_ARGUMENT for an std below 0 and options that do not exist
 *
 * @example const augment = gaussianNoise({ std: 0.05 })
 */
export function gaussianNoise(options: NoiseOptions = {}): Augmentation {
  const { std = 0.1 } = options
  checkNames("gaussianNoise", options, ["std"])
  checkRange("gaussianNoise", "std", std, 0)
  return ofInputs((x, generator) => x.add(normalNoise(x.shape, x.dtype, generator).mul(std)))
}
