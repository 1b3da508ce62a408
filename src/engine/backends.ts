import type { Device, Program } from "../base/index.ts"
import { NablaError } from "../base/index.ts"
import type { Kernel } from "../kernel/index.ts"
import { createReferenceDevice } from "../runtime/reference/index.ts"
import type { WorkerHost } from "../runtime/wasm/index.ts"
import { createWasmDevice, webWorkers } from "../runtime/wasm/index.ts"
import type { Successor } from "./moving.ts"
import { WasmKernels } from "./wasm-kernels.ts"

/** A device with the renderer that speaks its language: the one place where the two are put together. */
export interface Backend {
  readonly device: Device
  compile(kernels: readonly Kernel[]): Program
  /** Where programs go on when they have been compiled for it: on the same memory. */
  readonly successor?: Successor
}

/** Names of the devices that nabla can make. */
export type DeviceName = "auto" | "wasm" | "native" | "reference"

export const deviceNames: readonly DeviceName[] = ["auto", "wasm", "native", "reference"]

const makers: Partial<Record<DeviceName, () => Backend>> = {
  // Where nothing else is known to be faster.
  auto: () => backend("wasm"),
  wasm: () => {
    const workers = workerHost()
    const device = createWasmDevice({ workers, ...(threads === undefined ? {} : { threads }) })
    const modules = new WasmKernels(device)
    return { device: device as Device, compile: (kernels) => modules.program(kernels) }
  },
  reference: () => {
    const device = createReferenceDevice()
    return { device: device as Device, compile: (kernels) => device.compile(kernels) }
  },
}

let workerHost: () => WorkerHost | null = webWorkers
/** Threads that somebody asked for. */
let threads: number | undefined

/** Says how workers are started here; by default as pages do. */
export function registerWorkers(make: () => WorkerHost): void {
  workerHost = make
}

/**
 * Sets how many threads share the work of a kernel, the calling one included, on devices that have threads: those that
 * are made and those to come. Results do not depend on it, to the last bit. The default is what the environment's
 * NABLA_THREADS says on Node, otherwise as many as the machine runs at once. Workers start by themselves when there is
 * enough work for them; `deviceInfo()` says how many threads there are, and why there is only one.
 *
 * @example setThreads(1)
 * @throws NABLA_INVALID_ARGUMENT when the number is no positive integer
 */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the number of threads must be a positive integer",
      expected: "1, 2, 3, …",
      got: String(count),
      where: "setThreads",
    })
  }
  threads = count
  for (const { device, successor } of made.values()) {
    device.setThreads?.(count)
    successor?.setThreads(count)
  }
}

/** The number of threads that was asked for. */
export function wantedThreads(): number | undefined {
  return threads
}

/** Adds a device that does not run everywhere, so that the browser's bundle need not hold it. */
export function registerBackend(name: DeviceName, make: () => Backend): void {
  makers[name] = make
}

const made = new Map<DeviceName, Backend>()
let current: DeviceName = "wasm"

export function backend(name: DeviceName = current): Backend {
  let found = made.get(name)
  if (found === undefined) {
    const make = makers[name]
    if (make === undefined) throw notRegistered(name)
    found = make()
    made.set(name, found)
  }
  return found
}

function notRegistered(name: DeviceName): NablaError {
  return new NablaError("NABLA_DEVICE_UNAVAILABLE", {
    message: `the device ${name} is not part of this program`,
    expected: Object.keys(makers).join(" | "),
    got: name,
    hint: `it runs on Node only, where importing "nabla" or "nabla/train/node" brings it along`,
  })
}

/**
 * Chooses where tensors are computed from now on; values move there when they are used.
 *
 * `wasm` (the default) and `reference` are everywhere; `native` runs compiled C and needs Node, a C compiler and koffi.
 * `auto` begins on `wasm` at once and goes over to compiled C, on the same memory, as soon as that has been compiled in
 * the background; without a compiler it stays where it is, and `deviceInfo()` says why. The last bits of results differ
 * between the two, and when a program goes over depends on the clock: for results that are the same every time, name
 * one of the others.
 *
 * @example setDefaultDevice("auto")
 * @throws NABLA_DEVICE_UNAVAILABLE when there is no such device, or this machine cannot offer it
 */
export function setDefaultDevice(name: DeviceName): void {
  if (!deviceNames.includes(name)) {
    throw new NablaError("NABLA_DEVICE_UNAVAILABLE", {
      message: "there is no such device",
      expected: deviceNames.join(" | "),
      got: String(name),
    })
  }
  // Made now, so that a device that this machine cannot offer is an error here.
  backend(name)
  current = name
}

export function defaultDevice(): DeviceName {
  return current
}
