import type { Device, Program } from "../base/index.ts"
import { NablaError } from "../base/index.ts"
import type { Kernel } from "../kernel/index.ts"
import { renderWasm } from "../render/wasm/index.ts"
import { createReferenceDevice } from "../runtime/reference/index.ts"
import { createWasmDevice } from "../runtime/wasm/index.ts"

/** A device with the renderer that speaks its language: the one place where the two are put together. */
export interface Backend {
  readonly device: Device
  compile(kernels: readonly Kernel[]): Program
}

/** Names of the devices that nabla can make. */
export type DeviceName = "wasm" | "native" | "reference"

export const deviceNames: readonly DeviceName[] = ["wasm", "native", "reference"]

const makers: Partial<Record<DeviceName, () => Backend>> = {
  wasm: () => {
    const device = createWasmDevice()
    return {
      device: device as Device,
      compile: (kernels) =>
        device.compile({
          bytes: renderWasm(kernels, device.renderOptions),
          kernelCount: kernels.length,
        }),
    }
  },
  reference: () => {
    const device = createReferenceDevice()
    return { device: device as Device, compile: (kernels) => device.compile(kernels) }
  },
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

/** Chooses where tensors are computed from now on; values move there when they are used. */
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
