import type { LpPoolOptions, Spatial, Tensor } from "../../../tensor/index.ts"
import {
  lpPool1d as lpPool1dOf,
  lpPool2d as lpPool2dOf,
  lpPool3d as lpPool3dOf,
} from "../../../tensor/index.ts"
import { Configured } from "../configured.ts"

const functions = [lpPool1dOf, lpPool2dOf, lpPool3dOf] as const

/** The power sum of each window, over n spatial dimensions. */
abstract class LPPool extends Configured<LpPoolOptions> {
  readonly normType: number
  readonly kernelSize: Spatial
  readonly #spatial: number

  constructor(spatial: number, normType: number, kernelSize: Spatial, options: LpPoolOptions) {
    super(options, ["stride", "ceilMode"])
    this.normType = normType
    this.kernelSize = kernelSize
    this.#spatial = spatial
  }

  override forward(input: Tensor): Tensor {
    return functions[this.#spatial - 1]!(input, this.normType, this.kernelSize, this.options)
  }
}

/**
 * The power sum of each window of a sequence: between the sum (p = 1) and the largest value (p → ∞).
 *
 * out[n, c, i] = (Σ xᵖ)^(1/p) over the window at i·stride
 *
 * Shapes: [N, C, L] (or without N) → [N, C, L′]. Where the sum is 0 the derivative is 0.
 *
 * @param normType p
 * @param kernelSize length of the window
 * @param options stride (default: the window's size), ceilMode false
 *
 * @example nn.lpPool1d(2, 2).forward(tensor([[[3, 4, 0, 1]]])) // [[[5, 1]]]
 */
export class LPPool1d extends LPPool {
  constructor(normType: number, kernelSize: Spatial, options: LpPoolOptions = {}) {
    super(1, normType, kernelSize, options)
  }
}

/**
 * The power sum of each window of an image; see LPPool1d.
 *
 * out[n, c, i, j] = (Σ xᵖ)^(1/p) over the window at (i·stride, j·stride)
 *
 * Shapes: [N, C, H, W] (or without N) → [N, C, H′, W′].
 *
 * @param normType p
 * @param kernelSize height and width of the window, or both as one number
 * @param options stride (default: the window's size), ceilMode false
 *
 * @example nn.lpPool2d(2, 2).forward(ones([1, 2, 2])) // [[[2]]]
 */
export class LPPool2d extends LPPool {
  constructor(normType: number, kernelSize: Spatial, options: LpPoolOptions = {}) {
    super(2, normType, kernelSize, options)
  }
}

/**
 * The power sum of each window of a volume; see LPPool1d.
 *
 * out[n, c, i, j, k] = (Σ xᵖ)^(1/p) over the window at (i, j, k)·stride
 *
 * Shapes: [N, C, D, H, W] (or without N) → [N, C, D′, H′, W′].
 *
 * @param normType p
 * @param kernelSize depth, height and width of the window, or all as one number
 * @param options stride (default: the window's size), ceilMode false
 *
 * @example nn.lpPool3d(3, 2).forward(ones([1, 2, 2, 2])) // [[[[2]]]]
 */
export class LPPool3d extends LPPool {
  constructor(normType: number, kernelSize: Spatial, options: LpPoolOptions = {}) {
    super(3, normType, kernelSize, options)
  }
}

type LPPoolArgs = [normType: number, kernelSize: Spatial, options?: LpPoolOptions]

export const lpPool1d = (...args: LPPoolArgs): LPPool1d => new LPPool1d(...args)
export const lpPool2d = (...args: LPPoolArgs): LPPool2d => new LPPool2d(...args)
export const lpPool3d = (...args: LPPoolArgs): LPPool3d => new LPPool3d(...args)
