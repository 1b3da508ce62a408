import type { Tensor, Update } from "../tensor/index.ts"
import { mul, noGrad, update, updateLater } from "../tensor/index.ts"

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

/** Where new states go instead of into the modules, while a forward pass is only tried. */
let held: Map<Tensor, Tensor> | null = null

/**
 * Changes state during a forward pass (running statistics, vectors of a power iteration). Nothing is computed yet and
 * no derivative passes.
 */
export function changeState(updates: readonly Update[]): void {
  if (held === null) updateLater(updates)
  else for (const { target, value } of updates) if (!held.has(target)) held.set(target, value)
}

/** Runs `f` without changing any state, and gives the changes that it wanted: for each tensor the first one. */
export function holdingState<T>(f: () => T): { result: T; changes: Update[] } {
  const outer = held
  const own = new Map<Tensor, Tensor>()
  held = own
  try {
    const result = f()
    return { result, changes: [...own].map(([target, value]) => ({ target, value })) }
  } finally {
    held = outer
  }
}
