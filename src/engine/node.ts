// What the engine can do on Node alone. Importing this adds the native device, and workers for the wasm device;
// nothing is started before it is needed.
import type { Device } from "../base/index.ts"
import { renderC } from "../render/c/index.ts"
import { createNativeDevice } from "../runtime/native/index.ts"
import type { WasmDevice } from "../runtime/wasm/index.ts"
import { nodeWorkers } from "../runtime/wasm/node.ts"
import { backend, registerBackend, registerWorkers, wantedThreads } from "./backends.ts"
import { NativeSuccessor } from "./native-successor.ts"

registerWorkers(nodeWorkers)

registerBackend("native", () => {
  const threads = wantedThreads()
  const device = createNativeDevice(threads === undefined ? {} : { threads })
  return {
    device: device as Device,
    compile: (kernels) => device.compile(renderC(kernels, device.renderOptions)),
  }
})

registerBackend("auto", () => {
  const wasm = backend("wasm")
  return { ...wasm, successor: new NativeSuccessor(wasm.device as unknown as WasmDevice, wantedThreads()) }
})

export type { CachedObjects } from "../runtime/native/index.ts"
export { cachedObjects, clearCachedObjects } from "../runtime/native/index.ts"
