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
export type DeviceName = "wasm" | "reference"

const makers: Readonly<Record<DeviceName, () => Backend>> = {
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

export const deviceNames = Object.keys(makers) as readonly DeviceName[]

const made = new Map<DeviceName, Backend>()
let current: DeviceName = "wasm"

export function backend(name: DeviceName = current): Backend {
  let found = made.get(name)
  if (found === undefined) {
    found = makers[name]()
    made.set(name, found)
  }
  return found
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
  current = name
}

export function defaultDevice(): DeviceName {
  return current
}
