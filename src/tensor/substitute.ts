import type { Tensor } from "./tensor.ts"

/**
 * Calls `f` while tensors stand for other values of the same shape and type, as `functionalCall` does for a module:
 * derivatives with respect to the given values pass. Afterwards the tensors are what they were, also when `f` fails.
 *
 * @example
 * const weight = tensor([1, 2], { requiresGrad: true })
 * const loss = () => weight.square().sum()
 * withValues([weight], [tensor([3, 4])], loss).itemSync() // 25
 */
export function withValues<T>(targets: readonly Tensor[], values: readonly Tensor[], f: () => T): T {
  // All expressions first: a value may be one of the targets.
  const nodes = values.map((value) => value.node)
  const restores = targets.map((target, i) => {
    const { node } = target
    target.requiresGrad = false
    target.replace(nodes[i]!)
    return () => target.replace(node)
  })
  try {
    return f()
  } finally {
    for (const restore of restores) restore()
  }
}
