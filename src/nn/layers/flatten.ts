import type { Tensor } from "../../tensor/index.ts"
import { flatten as flattenOf } from "../../tensor/index.ts"
import { Module } from "../module.ts"

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
 * @example nn.flatten().forward(randn([64, 8, 7, 7])).shape // [64, 392]
 */
export class Flatten extends Module {
  readonly startDim: number
  readonly endDim: number

  constructor({ startDim = 1, endDim = -1 }: FlattenOptions = {}) {
    super()
    this.startDim = startDim
    this.endDim = endDim
  }

  override forward(input: Tensor): Tensor {
    return flattenOf(input, this.startDim, this.endDim)
  }
}

export function flatten(options: FlattenOptions = {}): Flatten {
  return new Flatten(options)
}
