import type { Capabilities } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import type { Kernel } from "../kernel/index.ts"
import type { Partition } from "./fuse.ts"
import { groupOf } from "./group.ts"
import { lowerRoot } from "./lower.ts"
import type { LoweredKernel } from "./lowering.ts"

/** A kernel, and for each of its buffers the place of the node behind it in the group; -1 stands for scratch memory. */
interface Known {
  readonly kernel: Kernel
  readonly operands: readonly number[]
}

/** Kernels that are remembered for each device, the latest ones. */
const LIMIT = 8192

/**
 * Kernels by the form of what they compute. A layer that stands in a network many times, a cell that is unrolled over
 * time and a second plan for the same step find the kernels that the first one made.
 */
const caches = new WeakMap<Capabilities, Map<string, Known>>()

/** The kernel of a root: the one that an equal group got before, or a new one. */
export function kernelOf(root: Node, partition: Partition, device: Capabilities): LoweredKernel {
  let cache = caches.get(device)
  if (cache === undefined) caches.set(device, (cache = new Map()))
  const { form, nodes } = groupOf(root, partition)
  const known = cache.get(form)
  if (known !== undefined) {
    return { kernel: known.kernel, operands: known.operands.map((at) => (at < 0 ? null : nodes[at]!)) }
  }
  const made = lowerRoot(root, partition, device)
  const place = new Map(nodes.map((node, i) => [node, i]))
  if (cache.size >= LIMIT) cache.delete(cache.keys().next().value!)
  const operands = made.operands.map((node) => (node === null ? -1 : place.get(node)!))
  cache.set(form, { kernel: made.kernel, operands })
  return made
}
