import type { Kernel } from "../kernel/index.ts"
import { renderWasm } from "../render/wasm/index.ts"
import type { WasmDevice, WasmKernel, WasmProgram } from "../runtime/wasm/index.ts"

/**
 * Kernels that have been compiled for a wasm device. Plans share kernels (the plain call of a step and its capture,
 * training and evaluation, batches of several sizes), and only those that are new become a module: what is known is
 * warm besides, while a new module begins with the engine's quick and slow code.
 */
export class WasmKernels {
  private readonly device: WasmDevice
  private readonly known = new WeakMap<Kernel, WasmKernel>()
  /** Kernels that were rendered and compiled so far. */
  compiled = 0

  constructor(device: WasmDevice) {
    this.device = device
  }

  program(kernels: readonly Kernel[]): WasmProgram {
    const { device, known } = this
    const missing = kernels.filter((kernel) => !known.has(kernel))
    if (missing.length > 0) {
      const made = device.compile(renderWasm(missing, device.renderOptions))
      for (const [i, kernel] of missing.entries()) known.set(kernel, made.kernels[i]!)
      this.compiled += missing.length
    }
    return device.join(kernels.map((kernel) => known.get(kernel)!))
  }
}
