import type { BufferRef, Device, TypedArray } from "../base/index.ts"
import { byteSize, NablaError } from "../base/index.ts"
import type { StoredValue } from "../graph/index.ts"

/** Runs after which a value that nobody used goes back to the host. */
const IDLE_RUNS = 8
/** The slot of a value that is not in the list. */
const UNLISTED = -1

/**
 * Values with a copy on a device, in no order. The list is the only thing that keeps device memory alive. It is no Set:
 * V8 links the table of a Set that has grown or shrunk to its successor, so that old ones keep dead values alive.
 */
const resident: StoredValue[] = []
/** Values that an optimizer step has replaced; they stay readable until the next one. */
let retired: StoredValue[] = []
let run = 0

function freeDeviceCopy(value: StoredValue): void {
  value.device!.free(value.allocation!)
  value.device = null
  value.allocation = null
  unlist(value)
}

function unlist(value: StoredValue): void {
  if (value.slot === UNLISTED) return
  const last = resident.pop()!
  if (last !== value) {
    resident[value.slot] = last
    last.slot = value.slot
  }
  value.slot = UNLISTED
}

function bringToHost(value: StoredValue): TypedArray {
  if (value.host === null) {
    const { device, allocation, dtype, length } = value
    const shared = device!.share?.(allocation!, dtype, length) ?? null
    // What is on both sides at once is the garbage collector's to free.
    if (shared !== null) unlist(value)
    value.host = shared ?? device!.readSync({ allocation: allocation!, byteOffset: 0 }, dtype, length)
  }
  return value.host
}

function checkAlive(value: StoredValue): void {
  if (value.expired === null) return
  throw new NablaError("NABLA_STALE_VALUE", {
    message: `the tensor depends on a value that is gone: ${value.expired}`,
  })
}

/** The device memory of a value, uploaded when it is not there. */
export function residentBuffer(value: StoredValue, device: Device): BufferRef {
  checkAlive(value)
  if (value.device !== device) {
    const host = value.device === null ? value.host! : bringToHost(value)
    if (value.device !== null) freeDeviceCopy(value)
    const buffer = place(value, device)
    device.write(buffer, value.dtype, host)
    return buffer
  }
  value.lastUse = run
  return { allocation: value.allocation!, byteOffset: 0 }
}

/** Device memory for a value that is about to be computed. */
export function place(value: StoredValue, device: Device): BufferRef {
  value.allocation = device.allocate(Math.max(value.length, 1) * byteSize(value.dtype))
  value.device = device
  value.lastUse = run
  value.slot = resident.push(value) - 1
  return { allocation: value.allocation, byteOffset: 0 }
}

/** A value's elements on the host. The array belongs to the value: do not write to it. */
export function hostValue(value: StoredValue): TypedArray {
  checkAlive(value)
  return bringToHost(value)
}

export async function hostValueAsync(value: StoredValue): Promise<TypedArray> {
  checkAlive(value)
  if (value.host === null && !value.device!.capabilities.synchronousRead) {
    value.host = await value.device!.read(
      { allocation: value.allocation!, byteOffset: 0 },
      value.dtype,
      value.length,
    )
  }
  return hostValue(value)
}

/**
 * Called after each run: numbers of one element live on the host, values that lie idle follow later. So what a step
 * leaves on the device does not depend on how many numbers it was given.
 */
export function settleRun(given: readonly StoredValue[], results: readonly StoredValue[]): void {
  run++
  for (const value of given)
    if (value.length <= 1 && value.host !== null && value.device !== null) freeDeviceCopy(value)
  for (const value of results) {
    if (value.length <= 1 && value.device?.capabilities.synchronousRead) {
      bringToHost(value)
      freeDeviceCopy(value)
    }
  }
  // Backwards, since the last one takes the place of one that goes.
  for (let i = resident.length - 1; i >= 0; i--) {
    const value = resident[i]!
    if (run - value.lastUse < IDLE_RUNS || !value.device!.capabilities.synchronousRead) continue
    bringToHost(value)
    if (value.slot !== UNLISTED) freeDeviceCopy(value)
  }
}

/**
 * Lets go of values that have been replaced for good. They can be read until the next call; device memory is held for
 * at most one generation.
 */
export function retire(values: readonly StoredValue[], reason: string): void {
  expire(retired, reason)
  retired = [...values]
}

/** Gives device memory back at once. What has no copy on the host is gone: whoever asks for it is told the reason. */
export function expire(values: Iterable<StoredValue>, reason: string): void {
  for (const value of values) {
    if (value.device === null) continue
    freeDeviceCopy(value)
    if (value.host === null) value.expired = reason
  }
}

/** Gives device memory back at once; only for values that nothing else can refer to. */
export function discard(value: StoredValue): void {
  if (value.device !== null) freeDeviceCopy(value)
}

export function residentCount(): number {
  return resident.length
}
