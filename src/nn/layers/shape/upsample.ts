import type { InterpolateOptions, Spatial, Tensor } from "../../../tensor/index.ts"
import { interpolate } from "../../functional.ts"
import { Configured } from "../configured.ts"

export type UpsampleOptions = Omit<InterpolateOptions, "antialias">

/**
 * Resamples images to another size.
 *
 * Shapes: [N, C, *] of 1 to 3 spatial dimensions → [N, C, …size].
 *
 * @param options size, or scaleFactor: one number or one for each spatial dimension; mode "nearest" (or "linear" for
 *   [N, C, L], "bilinear" and "bicubic" for [N, C, H, W], "trilinear" for [N, C, D, H, W]); alignCorners false: whether
 *   the middles of the corner elements stay in place; recomputeScaleFactor false: take the scale from the rounded sizes
 * @throws NABLA_SHAPE_MISMATCH from forward when the mode does not fit the image
 *
 * @example nn.upsample({ scaleFactor: 2 }).forward(tensor([[[1, 2]]])) // [[[1, 1, 2, 2]]]
 */
export class Upsample extends Configured<UpsampleOptions> {
  constructor(options: UpsampleOptions = {}) {
    super(options, ["size", "scaleFactor", "mode", "alignCorners", "recomputeScaleFactor"])
  }

  override forward(input: Tensor): Tensor {
    return interpolate(input, this.options)
  }
}

export interface UpsamplingOptions {
  /** Height and width of the result, or both as one number; either this or scaleFactor. */
  readonly size?: Spatial
  /** Multiple of height and width. */
  readonly scaleFactor?: Spatial
}

/**
 * Upsample of images with mode "nearest".
 *
 * Shapes: [N, C, H, W] → [N, C, …size].
 *
 * @param options size, or scaleFactor
 *
 * @example nn.upsamplingNearest2d({ scaleFactor: 2 }).forward(ones([1, 1, 2, 2])).shape // [1, 1, 4, 4]
 */
export class UpsamplingNearest2d extends Configured<UpsamplingOptions> {
  constructor(options: UpsamplingOptions = {}) {
    super(options, ["size", "scaleFactor"])
  }

  override forward(input: Tensor): Tensor {
    return interpolate(input, { ...this.options, mode: "nearest" })
  }
}

/**
 * Upsample of images with mode "bilinear" and alignCorners.
 *
 * Shapes: [N, C, H, W] → [N, C, …size].
 *
 * @param options size, or scaleFactor
 *
 * @example nn.upsamplingBilinear2d({ size: [1, 3] }).forward(tensor([[[[0, 2]]]])) // [[[[0, 1, 2]]]]
 */
export class UpsamplingBilinear2d extends Configured<UpsamplingOptions> {
  constructor(options: UpsamplingOptions = {}) {
    super(options, ["size", "scaleFactor"])
  }

  override forward(input: Tensor): Tensor {
    return interpolate(input, { ...this.options, mode: "bilinear", alignCorners: true })
  }
}

export const upsample = (options?: UpsampleOptions): Upsample => new Upsample(options)
export const upsamplingNearest2d = (options?: UpsamplingOptions): UpsamplingNearest2d =>
  new UpsamplingNearest2d(options)
export const upsamplingBilinear2d = (options?: UpsamplingOptions): UpsamplingBilinear2d =>
  new UpsamplingBilinear2d(options)
