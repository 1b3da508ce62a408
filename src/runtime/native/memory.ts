import type { Allocation, MemoryStats } from "../../base/index.ts"
import { internalError, NablaError } from "../../base/index.ts"
import { addressOf } from "./foreign.ts"

/** Every block begins on a cache line. */
const ALIGNMENT = 64
/** Small blocks are cut from pieces of this size. */
const ARENA = 2 ** 22
/** Blocks from here on have memory of their own, which may go to the garbage collector in the end. */
export const LARGE = 2 ** 16
/** Free large blocks are kept up to this many bytes, or as many as are in use. */
const KEPT = 2 ** 28

export class Block implements Allocation {
  readonly bytes: number
  readonly size: number
  readonly address: number
  readonly storage: ArrayBuffer
  /** Where the block begins in `storage`. */
  readonly offset: number
  live = true
  /** The memory belongs to the garbage collector: it is not handed out again. */
  shared = false

  constructor(bytes: number, place: Place) {
    this.bytes = bytes
    this.size = place.size
    this.address = place.address
    this.storage = place.storage
    this.offset = place.offset
  }
}

interface Place {
  readonly size: number
  readonly address: number
  readonly storage: ArrayBuffer
  readonly offset: number
}

/** A power of two or one of three steps between, so that blocks that are freed fit later requests of about the size. */
function blockSize(bytes: number): number {
  if (bytes <= 4 * ALIGNMENT) return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT)
  const step = 2 ** Math.floor(Math.log2(bytes - 1)) / 4
  return Math.ceil(bytes / step) * step
}

/** Hands out blocks of memory that JavaScript and compiled code both see. Freed blocks are used again by size. */
export class Memory {
  private readonly free = new Map<number, Place[]>()
  private arena: Place | null = null
  private arenaUsed = 0
  private freeLargeBytes = 0
  private liveBytes = 0
  private liveAllocations = 0
  private reservedBytes = 0

  take(bytes: number): Block {
    if (!Number.isInteger(bytes) || bytes < 0)
      throw internalError(`allocation of ${bytes} bytes`, "native device")
    const size = blockSize(bytes)
    const place = this.reuse(size) ?? (size >= LARGE ? this.reserve(size) : this.cut(size))
    this.liveBytes += bytes
    this.liveAllocations++
    return new Block(bytes, place)
  }

  private reuse(size: number): Place | undefined {
    const place = this.free.get(size)?.pop()
    if (place !== undefined && size >= LARGE) this.freeLargeBytes -= size
    return place
  }

  private reserve(size: number): Place {
    let storage: ArrayBuffer
    try {
      // Without zeros: whoever asks for a block writes it first.
      storage = Buffer.allocUnsafeSlow(size + ALIGNMENT).buffer as ArrayBuffer
    } catch (cause) {
      throw new NablaError("NABLA_OUT_OF_MEMORY", {
        message: `the system gives no memory of ${size} bytes`,
        where: "native device",
        got: `${this.liveBytes} bytes in use by ${this.liveAllocations} allocations`,
        cause,
      })
    }
    const start = addressOf(storage)
    const offset = (ALIGNMENT - (start % ALIGNMENT)) % ALIGNMENT
    this.reservedBytes += size
    return { size, address: start + offset, storage, offset }
  }

  private cut(size: number): Place {
    if (this.arena === null || this.arenaUsed + size > ARENA) {
      this.arena = this.reserve(ARENA)
      this.arenaUsed = 0
    }
    const { address, storage, offset } = this.arena
    const place = { size, address: address + this.arenaUsed, storage, offset: offset + this.arenaUsed }
    this.arenaUsed += size
    return place
  }

  give(allocation: Allocation): void {
    if (!(allocation instanceof Block) || !allocation.live) {
      throw internalError("a block is freed that is not in use (freed twice?)", "native device")
    }
    allocation.live = false
    if (allocation.shared) return
    this.liveBytes -= allocation.bytes
    this.liveAllocations--
    const { size, address, storage, offset } = allocation
    if (size >= LARGE) {
      if (this.freeLargeBytes + size > Math.max(KEPT, this.liveBytes)) this.releaseLarge()
      this.freeLargeBytes += size
    }
    const list = this.free.get(size)
    const place = { size, address, storage, offset }
    if (list === undefined) this.free.set(size, [place])
    else list.push(place)
  }

  /** Leaves a large block to the garbage collector, with whoever holds its storage. */
  share(block: Block): void {
    if (block.shared) return
    block.shared = true
    this.liveBytes -= block.bytes
    this.liveAllocations--
    this.reservedBytes -= block.size
  }

  /** Leaves the free large blocks to the garbage collector. */
  private releaseLarge(): void {
    for (const size of this.free.keys()) if (size >= LARGE) this.free.delete(size)
    this.reservedBytes -= this.freeLargeBytes
    this.freeLargeBytes = 0
  }

  stats(): MemoryStats {
    const { liveBytes, liveAllocations, reservedBytes } = this
    return { liveBytes, liveAllocations, reservedBytes }
  }
}
