import type { Kernel } from "../../kernel/index.ts"
import { ModuleAssembler } from "./assembler.ts"
import { Helpers } from "./helpers.ts"
import { KernelWriter } from "./kernel-writer.ts"
import type { ValueType } from "./opcodes.ts"

export interface WasmRenderOptions {
  /** Use f32x4.relaxed_madd for multiplyAdd, where the engine has it. Its rounding is the machine's. */
  readonly relaxedSimd: boolean
  /** The memory that the module will import is shared between threads. */
  readonly sharedMemory: boolean
  /** The maximum of that memory, or more. */
  readonly maximumPages: number
}

/**
 * Renders kernels as one WebAssembly module.
 *
 * The module imports `env.memory` and those functions of `math` (double precision) that its kernels call. Kernel i is
 * exported as `k<i>`, with one parameter for each buffer: its byte address, a multiple of the element size.
 */
export function renderWasm(kernels: readonly Kernel[], options: WasmRenderOptions): Uint8Array<ArrayBuffer> {
  const module = new ModuleAssembler({ shared: options.sharedMemory, maximumPages: options.maximumPages })
  const helpers = new Helpers(module, options.relaxedSimd)
  for (const [i, kernel] of kernels.entries()) {
    const parameters = new Array<ValueType>(kernel.buffers.length).fill("i32")
    const body = new KernelWriter(kernel, helpers, options.relaxedSimd).run()
    module.addFunction(kernel.name, { parameters, results: [] }, body, `k${i}`)
  }
  return module.finish()
}
