import { realize as realizeNodes } from "../engine/index.ts"
import type { Tensor } from "./tensor.ts"

/** Computes tensors that are not computed yet, all in one plan. */
export function realize(tensors: readonly Tensor[]): void {
  realizeNodes(
    tensors.map((t) => t.node),
    { keepTracked: true },
  )
}
