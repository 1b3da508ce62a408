import type { Shape } from "../../../base/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import { flatten as flattenOf, unflatten as unflattenOf } from "../../../tensor/index.ts"
import { Module } from "../../module.ts"
import { Configured } from "../configured.ts"

export interface FlattenOptions {
  /** First dimension to join. Default: 1, so that the batch stays. */
  readonly startDim?: number
  /** Last dimension to join. Default: -1. */
  readonly endDim?: number
}

/**
 * Joins dimensions into one.
 *
 * Shapes: [N, d₁, …, dₖ] → [N, d₁·…·dₖ].
 *
 * @param options startDim 1, endDim −1: the first and the last dimension to join
 *
 * @example nn.flatten().forward(randn([64, 8, 7, 7])).shape // [64, 392]
 */
export class Flatten extends Configured<FlattenOptions> {
  constructor(options: FlattenOptions = {}) {
    super(options, ["startDim", "endDim"])
  }

  override forward(input: Tensor): Tensor {
    const { startDim = 1, endDim = -1 } = this.options
    return flattenOf(input, startDim, endDim)
  }
}

/**
 * Splits one dimension into several.
 *
 * Shapes: [*, d, *] → [*, …sizes, *] with ∏ sizes = d.
 *
 * @param dim the dimension to split
 * @param unflattenedSize its parts; one of them may be −1 and is then found from the others
 * @throws NABLA_SHAPE_MISMATCH from forward when the sizes do not fit
 *
 * @example nn.unflatten(1, [2, 3]).forward(randn([8, 6])).shape // [8, 2, 3]
 */
export class Unflatten extends Module {
  readonly dim: number
  readonly unflattenedSize: Shape

  constructor(dim: number, unflattenedSize: Shape) {
    super()
    this.dim = dim
    this.unflattenedSize = unflattenedSize
  }

  override forward(input: Tensor): Tensor {
    return unflattenOf(input, this.dim, this.unflattenedSize)
  }
}

export const flatten = (options?: FlattenOptions): Flatten => new Flatten(options)
export const unflatten = (dim: number, unflattenedSize: Shape): Unflatten =>
  new Unflatten(dim, unflattenedSize)
