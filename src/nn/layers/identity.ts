import type { Tensor } from "../../tensor/index.ts"
import { Module } from "../module.ts"

/**
 * Its argument, unchanged: a place holder where a layer may stand. Further arguments are passed over.
 *
 * y = x
 *
 * Any shape.
 *
 * @example nn.identity().forward(tensor([1, 2])) // [1, 2]
 */
export class Identity extends Module {
  override forward(input: Tensor): Tensor {
    return input
  }
}

export const identity = (): Identity => new Identity()
