import type { Tensor, Update } from "../tensor/index.ts"
import { mul, noGrad, update } from "../tensor/index.ts"

/**
 * Gives a tensor another value, of any shape and type. A leaf stays one, and starts anew: what was computed from it
 * before is not affected. Nothing is computed yet.
 */
export function assign(target: Tensor, value: Tensor): Tensor {
  const { requiresGrad } = target
  target.requiresGrad = false
  target.replace(value.detach().node)
  target.requiresGrad = requiresGrad
  return target
}

/** Copies values into tensors of the same shape, which keep their type: all of them in one computation. */
export function copyInto(pairs: readonly Update[]): void {
  // The product is a value of the target's own: the optimizer frees what it replaces, and others may hold the source.
  const copies = noGrad(() =>
    pairs.map(({ target, value }) => ({ target, value: mul(value, 1).to(target.dtype) })),
  )
  update(copies)
}
