import type { Kernel, Stage } from "../../kernel/index.ts"
import { scalarBytes, stagesOf } from "../../kernel/index.ts"
import type { FunctionHandle } from "./assembler.ts"
import { FunctionBody, ModuleAssembler } from "./assembler.ts"
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

/** A part of a kernel that several threads can work on, or that one of them runs between two such parts. */
export interface WasmStage {
  /** Name under which the module exports it. */
  readonly name: string
  /** Turns that threads share out; 0 when one thread runs it all. */
  readonly turns: number
  /** Roughly the operations of the turns, 0 when there are none. */
  readonly work: number
  /** Working memory that each thread needs for its own: which buffers, and their bytes. */
  readonly own: readonly { readonly buffer: number; readonly bytes: number }[]
  /** Names of the functions of `math` that it calls. */
  readonly hosts: readonly string[]
}

export interface WasmModule {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly kernelCount: number
  /** For each kernel its stages, or null when one thread does it all. */
  readonly stages: readonly (readonly WasmStage[] | null)[]
}

/**
 * Renders kernels as one WebAssembly module.
 *
 * The module imports `env.memory` and those functions of `math` (double precision) that its kernels call. Kernel i is
 * exported as `k<i>`, with one parameter for each buffer: its byte address, a multiple of the element size. With shared
 * memory, stage j of a kernel that is worth sharing out is exported as `k<i>.<j>`; where its turns are shared out two
 * more parameters say the first turn and the one before which to stop.
 */
export function renderWasm(kernels: readonly Kernel[], options: WasmRenderOptions): WasmModule {
  const module = new ModuleAssembler({ shared: options.sharedMemory, maximumPages: options.maximumPages })
  const writer = new ModuleWriter(module, options)
  const stages = kernels.map((kernel, i) => writer.kernel(kernel, i))
  return { bytes: module.finish(), kernelCount: kernels.length, stages }
}

const pointers = (kernel: Kernel): ValueType[] => new Array<ValueType>(kernel.buffers.length).fill("i32")

class ModuleWriter {
  private readonly module: ModuleAssembler
  private readonly helpers: Helpers
  private readonly options: WasmRenderOptions

  constructor(module: ModuleAssembler, options: WasmRenderOptions) {
    this.module = module
    this.helpers = new Helpers(module, options.relaxedSimd)
    this.options = options
  }

  kernel(kernel: Kernel, i: number): readonly WasmStage[] | null {
    const stages = this.options.sharedMemory ? stagesOf(kernel) : null
    const signature = { parameters: pointers(kernel), results: [] }
    if (stages === null) {
      const body = new KernelWriter(kernel, this.helpers, this.options.relaxedSimd).run()
      this.module.addFunction(kernel.name, signature, body, `k${i}`)
      return null
    }
    const parts = stages.map((stage, j) => this.stage(kernel, stage, `k${i}.${j}`))
    const whole = new FunctionBody(kernel.buffers.length)
    for (const { handle, info } of parts) {
      for (let buffer = 0; buffer < kernel.buffers.length; buffer++) whole.get(buffer)
      if (info.turns > 0) {
        whole.i32(0)
        whole.i32(info.turns)
      }
      whole.call(handle)
    }
    this.module.addFunction(kernel.name, signature, whole, `k${i}`)
    return parts.map(({ info }) => info)
  }

  private stage(kernel: Kernel, stage: Stage, name: string): { handle: FunctionHandle; info: WasmStage } {
    const { shared } = stage
    this.helpers.takeHosts()
    const body = new KernelWriter(kernel, this.helpers, this.options.relaxedSimd, stage).run()
    const hosts = this.helpers.takeHosts()
    const limits: ValueType[] = shared === null ? [] : ["i32", "i32"]
    const signature = { parameters: [...pointers(kernel), ...limits], results: [] }
    const handle = this.module.addFunction(`${kernel.name}, stage`, signature, body, name)
    const own = (shared?.loop.parallel?.scratch ?? []).map((buffer) => {
      const { type, length } = kernel.buffers[buffer]!
      return { buffer, bytes: length * scalarBytes(type) }
    })
    return { handle, info: { name, turns: shared?.turns ?? 0, work: shared?.work ?? 0, own, hosts } }
  }
}
