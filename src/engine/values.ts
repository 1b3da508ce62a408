import type { DType, MemoryStats, Shape, TypedArray } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { StoredValue, sourceNode } from "../graph/index.ts"
import { backend, defaultDevice } from "./backends.ts"
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

/** The present device, for people. */
export interface DeviceInfo {
  readonly name: string
  /** One line: what it is made of, threads. */
  readonly description: string
  /** What makes it slower than it could be, each with what to do about it. */
  readonly limits: readonly string[]
}

export function deviceInfo(): DeviceInfo {
  const { device, successor } = backend()
  const { name, description, limits } = device
  if (successor === undefined) return { name, description, limits }
  const { obstacle } = successor
  return {
    name: defaultDevice(),
    description: `${description}; ${successor.description}`,
    limits: obstacle === null ? limits : [`no compiled code: ${obstacle}`, ...limits],
  }
}
