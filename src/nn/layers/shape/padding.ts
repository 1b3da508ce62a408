import { NablaError } from "../../../base/index.ts"
import type { PadMode, Spatial, Tensor } from "../../../tensor/index.ts"
import { pad } from "../../../tensor/index.ts"
import { Module } from "../../module.ts"

/** Grows the n spatial dimensions, the last ones, of an image. */
abstract class Padding extends Module {
  /** Elements before and after the last dimension, then the last but one, and so on. */
  readonly padding: readonly number[]
  readonly value: number
  readonly #mode: PadMode

  constructor(spatial: number, mode: PadMode, padding: Spatial, value = 0) {
    super()
    const amounts = typeof padding === "number" ? new Array<number>(2 * spatial).fill(padding) : [...padding]
    if (amounts.length !== 2 * spatial || !amounts.every(Number.isInteger)) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the padding does not belong to the spatial dimensions",
        where: new.target.name,
        expected: `one whole number, or ${2 * spatial}: before and after each dimension, the last one first`,
        got: amounts.join(", "),
      })
    }
    this.padding = amounts
    this.value = value
    this.#mode = mode
  }

  override forward(input: Tensor): Tensor {
    return pad(input, this.padding, { mode: this.#mode, value: this.value })
  }
}

/**
 * Puts zeros around a sequence.
 *
 * Shapes: [N, C, L] (or without N) → [N, C, L′].
 *
 * @param padding [left, right], or one number for all; negative ones crop
 *
 * @example nn.zeroPad1d(1).forward(tensor([[[1, 2, 3]]])) // [[[0, 1, 2, 3, 0]]]
 */
export class ZeroPad1d extends Padding {
  constructor(padding: Spatial) {
    super(1, "constant", padding)
  }
}

/**
 * Puts zeros around an image.
 *
 * Shapes: [N, C, H, W] (or without N) → [N, C, H′, W′].
 *
 * @param padding [left, right, top, bottom], or one number for all; negative ones crop
 *
 * @example nn.zeroPad2d(1).forward(ones([1, 2, 3, 3])).shape // [1, 2, 5, 5]
 */
export class ZeroPad2d extends Padding {
  constructor(padding: Spatial) {
    super(2, "constant", padding)
  }
}

/**
 * Puts zeros around a volume.
 *
 * Shapes: [N, C, D, H, W] (or without N) → [N, C, D′, H′, W′].
 *
 * @param padding [left, right, top, bottom, front, back], or one number for all; negative ones crop
 *
 * @example nn.zeroPad3d(1).forward(ones([1, 2, 3, 3, 3])).shape // [1, 2, 5, 5, 5]
 */
export class ZeroPad3d extends Padding {
  constructor(padding: Spatial) {
    super(3, "constant", padding)
  }
}

/**
 * Puts a constant around a sequence.
 *
 * Shapes: [N, C, L] (or without N) → [N, C, L′].
 *
 * @param padding [left, right], or one number for all; negative ones crop
 * @param value the constant
 *
 * @example nn.constantPad1d(1, 9).forward(tensor([[[1, 2, 3]]])) // [[[9, 1, 2, 3, 9]]]
 */
export class ConstantPad1d extends Padding {
  constructor(padding: Spatial, value: number) {
    super(1, "constant", padding, value)
  }
}

/**
 * Puts a constant around an image.
 *
 * Shapes: [N, C, H, W] (or without N) → [N, C, H′, W′].
 *
 * @param padding [left, right, top, bottom], or one number for all; negative ones crop
 * @param value the constant
 *
 * @example nn.constantPad2d(1, 9).forward(ones([1, 2, 3, 3])).shape // [1, 2, 5, 5]
 */
export class ConstantPad2d extends Padding {
  constructor(padding: Spatial, value: number) {
    super(2, "constant", padding, value)
  }
}

/**
 * Puts a constant around a volume.
 *
 * Shapes: [N, C, D, H, W] (or without N) → [N, C, D′, H′, W′].
 *
 * @param padding [left, right, top, bottom, front, back], or one number for all; negative ones crop
 * @param value the constant
 *
 * @example nn.constantPad3d(1, 9).forward(ones([1, 2, 3, 3, 3])).shape // [1, 2, 5, 5, 5]
 */
export class ConstantPad3d extends Padding {
  constructor(padding: Spatial, value: number) {
    super(3, "constant", padding, value)
  }
}

/**
 * Puts the picture mirrored at its edge elements, which are not repeated around a sequence.
 *
 * Shapes: [N, C, L] (or without N) → [N, C, L′].
 *
 * @param padding [left, right], or one number for all; negative ones crop
 * @throws NABLA_INVALID_ARGUMENT from forward when the padding is larger than the sequence can give
 *
 * @example nn.reflectionPad1d(1).forward(tensor([[[1, 2, 3]]])) // [[[2, 1, 2, 3, 2]]]
 */
export class ReflectionPad1d extends Padding {
  constructor(padding: Spatial) {
    super(1, "reflect", padding)
  }
}

/**
 * Puts the picture mirrored at its edge elements, which are not repeated around an image.
 *
 * Shapes: [N, C, H, W] (or without N) → [N, C, H′, W′].
 *
 * @param padding [left, right, top, bottom], or one number for all; negative ones crop
 * @throws NABLA_INVALID_ARGUMENT from forward when the padding is larger than the image can give
 *
 * @example nn.reflectionPad2d(1).forward(ones([1, 2, 3, 3])).shape // [1, 2, 5, 5]
 */
export class ReflectionPad2d extends Padding {
  constructor(padding: Spatial) {
    super(2, "reflect", padding)
  }
}

/**
 * Puts the picture mirrored at its edge elements, which are not repeated around a volume.
 *
 * Shapes: [N, C, D, H, W] (or without N) → [N, C, D′, H′, W′].
 *
 * @param padding [left, right, top, bottom, front, back], or one number for all; negative ones crop
 * @throws NABLA_INVALID_ARGUMENT from forward when the padding is larger than the volume can give
 *
 * @example nn.reflectionPad3d(1).forward(ones([1, 2, 3, 3, 3])).shape // [1, 2, 5, 5, 5]
 */
export class ReflectionPad3d extends Padding {
  constructor(padding: Spatial) {
    super(3, "reflect", padding)
  }
}

/**
 * Puts the edge element repeated around a sequence.
 *
 * Shapes: [N, C, L] (or without N) → [N, C, L′].
 *
 * @param padding [left, right], or one number for all; negative ones crop
 *
 * @example nn.replicationPad1d(1).forward(tensor([[[1, 2, 3]]])) // [[[1, 1, 2, 3, 3]]]
 */
export class ReplicationPad1d extends Padding {
  constructor(padding: Spatial) {
    super(1, "replicate", padding)
  }
}

/**
 * Puts the edge element repeated around an image.
 *
 * Shapes: [N, C, H, W] (or without N) → [N, C, H′, W′].
 *
 * @param padding [left, right, top, bottom], or one number for all; negative ones crop
 *
 * @example nn.replicationPad2d(1).forward(ones([1, 2, 3, 3])).shape // [1, 2, 5, 5]
 */
export class ReplicationPad2d extends Padding {
  constructor(padding: Spatial) {
    super(2, "replicate", padding)
  }
}

/**
 * Puts the edge element repeated around a volume.
 *
 * Shapes: [N, C, D, H, W] (or without N) → [N, C, D′, H′, W′].
 *
 * @param padding [left, right, top, bottom, front, back], or one number for all; negative ones crop
 *
 * @example nn.replicationPad3d(1).forward(ones([1, 2, 3, 3, 3])).shape // [1, 2, 5, 5, 5]
 */
export class ReplicationPad3d extends Padding {
  constructor(padding: Spatial) {
    super(3, "replicate", padding)
  }
}

/**
 * Puts the other end around a sequence.
 *
 * Shapes: [N, C, L] (or without N) → [N, C, L′].
 *
 * @param padding [left, right], or one number for all; negative ones crop
 * @throws NABLA_INVALID_ARGUMENT from forward when the padding is larger than the sequence can give
 *
 * @example nn.circularPad1d(1).forward(tensor([[[1, 2, 3]]])) // [[[3, 1, 2, 3, 1]]]
 */
export class CircularPad1d extends Padding {
  constructor(padding: Spatial) {
    super(1, "circular", padding)
  }
}

/**
 * Puts the other end around an image.
 *
 * Shapes: [N, C, H, W] (or without N) → [N, C, H′, W′].
 *
 * @param padding [left, right, top, bottom], or one number for all; negative ones crop
 * @throws NABLA_INVALID_ARGUMENT from forward when the padding is larger than the image can give
 *
 * @example nn.circularPad2d(1).forward(ones([1, 2, 3, 3])).shape // [1, 2, 5, 5]
 */
export class CircularPad2d extends Padding {
  constructor(padding: Spatial) {
    super(2, "circular", padding)
  }
}

/**
 * Puts the other end around a volume.
 *
 * Shapes: [N, C, D, H, W] (or without N) → [N, C, D′, H′, W′].
 *
 * @param padding [left, right, top, bottom, front, back], or one number for all; negative ones crop
 * @throws NABLA_INVALID_ARGUMENT from forward when the padding is larger than the volume can give
 *
 * @example nn.circularPad3d(1).forward(ones([1, 2, 3, 3, 3])).shape // [1, 2, 5, 5, 5]
 */
export class CircularPad3d extends Padding {
  constructor(padding: Spatial) {
    super(3, "circular", padding)
  }
}

export const zeroPad1d = (padding: Spatial): ZeroPad1d => new ZeroPad1d(padding)
export const zeroPad2d = (padding: Spatial): ZeroPad2d => new ZeroPad2d(padding)
export const zeroPad3d = (padding: Spatial): ZeroPad3d => new ZeroPad3d(padding)
export const constantPad1d = (padding: Spatial, value: number): ConstantPad1d =>
  new ConstantPad1d(padding, value)
export const constantPad2d = (padding: Spatial, value: number): ConstantPad2d =>
  new ConstantPad2d(padding, value)
export const constantPad3d = (padding: Spatial, value: number): ConstantPad3d =>
  new ConstantPad3d(padding, value)
export const reflectionPad1d = (padding: Spatial): ReflectionPad1d => new ReflectionPad1d(padding)
export const reflectionPad2d = (padding: Spatial): ReflectionPad2d => new ReflectionPad2d(padding)
export const reflectionPad3d = (padding: Spatial): ReflectionPad3d => new ReflectionPad3d(padding)
export const replicationPad1d = (padding: Spatial): ReplicationPad1d => new ReplicationPad1d(padding)
export const replicationPad2d = (padding: Spatial): ReplicationPad2d => new ReplicationPad2d(padding)
export const replicationPad3d = (padding: Spatial): ReplicationPad3d => new ReplicationPad3d(padding)
export const circularPad1d = (padding: Spatial): CircularPad1d => new CircularPad1d(padding)
export const circularPad2d = (padding: Spatial): CircularPad2d => new CircularPad2d(padding)
export const circularPad3d = (padding: Spatial): CircularPad3d => new CircularPad3d(padding)
