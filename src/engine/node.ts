// What the engine can do on Node alone. Importing this adds the native device; nothing is started before it is chosen.
import type { Device } from "../base/index.ts"
import { renderC } from "../render/c/index.ts"
import { createNativeDevice } from "../runtime/native/index.ts"
import { registerBackend } from "./backends.ts"

registerBackend("native", () => {
  const device = createNativeDevice()
  return {
    device: device as Device,
    compile: (kernels) => device.compile(renderC(kernels, device.renderOptions)),
  }
})

export type { CachedObjects } from "../runtime/native/index.ts"
export { cachedObjects, clearCachedObjects } from "../runtime/native/index.ts"
