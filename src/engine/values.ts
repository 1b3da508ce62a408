import type { DType, MemoryStats, Shape, TypedArray } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { StoredValue, sourceNode } from "../graph/index.ts"
import { backend } from "./backends.ts"
import { realize } from "./realize.ts"
import { hostValue, hostValueAsync, residentCount } from "./residency.ts"

/** A node for data on the host. The array is taken over, not copied. */
export function fromHost(data: TypedArray, shape: Shape, dtype: DType, tracked = false): Node {
  return sourceNode(shape, dtype, new StoredValue(dtype, data.length, data), tracked)
}

/** Computes a node if need be and gives its elements. The array belongs to the node: do not write to it. */
export function readSync(node: Node): TypedArray {
  realize([node], { keepTracked: true })
  return hostValue(node.value!)
}

export async function read(node: Node): Promise<TypedArray> {
  realize([node], { keepTracked: true })
  return hostValueAsync(node.value!)
}

export interface EngineMemory extends MemoryStats {
  /** Tensor values that have a copy on a device. */
  readonly liveValues: number
}

/** What the present device holds. */
export function memory(): EngineMemory {
  return { ...backend().device.memory(), liveValues: residentCount() }
}

/** One line about the present device. */
export function deviceInfo(): { name: string; description: string } {
  const { name, description } = backend().device
  return { name, description }
}
