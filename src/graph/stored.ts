import type { Allocation, Device, DType, TypedArray } from "../base/index.ts"

/**
 * The value of a computed node. It lives on a device, on the host, or on both: the host copy belongs to the garbage
 * collector, the device copy is a cache that the engine may drop once the host has the value. That is why no user ever
 * frees a tensor, and why a forgotten one costs no device memory for long.
 */
export class StoredValue {
  readonly dtype: DType
  readonly length: number
  host: TypedArray | null
  device: Device | null = null
  allocation: Allocation | null = null
  /** How many tensors updates gave it to: that of a single one may be freed once that one has the next value. */
  owners = 0
  /** Its place in the engine's list of values that are on a device. */
  slot = -1
  /** The engine's run in which it was last used. */
  lastUse = 0
  /** Why the value is gone, once an optimizer step has replaced it for good. */
  expired: string | null = null

  constructor(dtype: DType, length: number, host: TypedArray | null) {
    this.dtype = dtype
    this.length = length
    this.host = host
  }
}
