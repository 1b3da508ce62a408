import { formatShape, NablaError } from "../../base/index.ts"
import type { Generator, Tensor } from "../../tensor/index.ts"
import { arange, logicalAnd, rand, where } from "../../tensor/index.ts"
import { checkCount, checkNames, checkRange } from "../check.ts"
import type { Augmentation } from "./augmentation.ts"
import { checkImages, chosen, drawn, ofInputs, perSample } from "./augmentation.ts"

export interface CutoutOptions {
  /** Side of the square in pixels. */
  readonly size: number
  /** What it is filled with. Default: 0. */
  readonly value?: number
  /** Probability, for each image. Default: 1. */
  readonly p?: number
}

/**
 * Hides a square of each image: the centre is a uniform pixel, so that the square may reach beyond the border. Shape:
 * [N, C, H, W], kept.
 *
 * DeVries & Taylor, "Improved regularization of convolutional neural networks with cutout" (2017), arXiv:1708.04552v2.
 *
 * @throws NABLA_INVALID_ARGUMENT for numbers and options that are none; later NABLA_SHAPE_MISMATCH for what is no image
 *
 * @example const augment = cutout({ size: 8 })
 */
export function cutout(options: CutoutOptions): Augmentation {
  checkNames("cutout", options, ["size", "value", "p"])
  const { size, value = 0, p = 1 } = options
  checkCount("cutout", "size", size)
  checkRange("cutout", "value", value, -Infinity)
  checkRange("cutout", "p", p, 0, 1)
  return ofInputs((x, generator) => {
    const [n, , height, width] = checkImages("cutout", x)
    const [rows, columns] = [height, width].map((length, i) => {
      const start = drawn(n, [0, length], { generator })
        .floor()
        .sub(Math.floor(size / 2))
      return inSpan(x, 2 + i, start, start.add(size))
    })
    const hidden = logicalAnd(logicalAnd(rows!, columns!), chosen(x, p, generator))
    return where(hidden, value, x)
  })
}

export interface SpanMaskOptions {
  /** Longest span that is hidden; each has a length of U{0 … most}. */
  readonly most: number
  /** Spans for each sample. Default: 1. */
  readonly count?: number
  /** What they are filled with. Default: 0. */
  readonly value?: number
  /** The dimension. Default: 1 for time, −1 for features, as in [N, T, F]. */
  readonly dim?: number
}

/**
 * Hides spans of time steps of each sample, all features of them.
 *
 * Park et al., "SpecAugment" (2019), arXiv:1904.08779v3.
 *
 * @throws NABLA_INVALID_ARGUMENT for numbers and options that are none; later NABLA_INVALID_DIM for a dimension that the
 * input does not have
 *
 * @example const augment = timeMasking({ most: 10, count: 2 })
 */
export function timeMasking(options: SpanMaskOptions): Augmentation {
  return spanMask("timeMasking", 1, options)
}

/** Hides spans of features of each sample, at all time steps: see timeMasking. */
export function featureMasking(options: SpanMaskOptions): Augmentation {
  return spanMask("featureMasking", -1, options)
}

function spanMask(name: string, usual: number, options: SpanMaskOptions): Augmentation {
  checkNames(name, options, ["most", "count", "value", "dim"])
  const { most, count = 1, value = 0, dim = usual } = options
  checkCount(name, "most", most)
  checkCount(name, "count", count)
  return ofInputs((x, generator) => {
    const at = dim < 0 ? dim + x.ndim : dim
    if (!(at >= 1 && at < x.ndim)) {
      const got = `${dim} of ${formatShape(x.shape)}`
      const expected = "a dimension after the batch"
      throw new NablaError("NABLA_INVALID_DIM", { message: "no such dimension", expected, got, where: name })
    }
    let y = x
    for (let i = 0; i < count; i++) y = where(randomSpan(x, at, most, generator), value, y)
    return y
  })
}

function randomSpan(x: Tensor, dim: number, most: number, generator: Generator): Tensor {
  const [n, size] = [x.shape[0]!, x.shape[dim]!]
  const length = drawn(n, [0, Math.min(most, size) + 1], { generator }).floor()
  const start = rand([n], { generator })
    .mul(length.neg().add(size + 1))
    .floor()
  return inSpan(x, dim, start, start.add(length))
}

/** Which places along a dimension lie from each sample's start on and before its end; it broadcasts over x. */
function inSpan(x: Tensor, dim: number, start: Tensor, end: Tensor): Tensor {
  const places = arange(x.shape[dim]!, undefined, undefined, { dtype: "float32" }).reshape(
    x.shape.map((size, i) => (i === dim ? size : 1)),
  )
  return logicalAnd(places.ge(perSample(start, x.ndim)), places.lt(perSample(end, x.ndim)))
}

export interface TokenDropoutOptions {
  /** Probability, for each token. Default: 0.1. */
  readonly p?: number
  /** The token that stands for a dropped one. */
  readonly replacement: number
}

/**
 * Replaces each token with probability p. Any shape of int32.
 *
 * @throws NABLA_INVALID_ARGUMENT for numbers and options that are none
 *
 * @example const augment = tokenDropout({ p: 0.15, replacement: 0 })
 */
export function tokenDropout(options: TokenDropoutOptions): Augmentation {
  checkNames("tokenDropout", options, ["p", "replacement"])
  const { p = 0.1, replacement } = options
  checkRange("tokenDropout", "p", p, 0, 1)
  checkCount("tokenDropout", "replacement", replacement, 0)
  return ofInputs((x, generator) => where(rand(x.shape, { generator }).lt(p), replacement, x).to(x.dtype))
}
