import type { KernelFunction } from "./launch.ts"
import type { SharedModule } from "./mailbox.ts"
import type { SharedStage } from "./pool.ts"

/**
 * A module that imports `env.memory` and functions of `math`, and exports its kernels as k0, k1, … with one parameter for
 * each buffer, and their stages, where threads can share them.
 */
export interface WasmCode {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly kernelCount: number
  readonly stages: readonly (readonly WasmStage[] | null)[]
}

export interface WasmStage {
  readonly name: string
  /** Turns to share out, whose first and end are two more parameters; 0 for a stage of one thread. */
  readonly turns: number
  /** Roughly the operations of the turns. */
  readonly work: number
  /** Buffers of which each thread has its own. */
  readonly own: readonly { readonly buffer: number; readonly bytes: number }[]
  /** The functions of `math` that it calls. */
  readonly hosts: readonly string[]
}

/** A kernel in memory. */
export interface WasmKernel {
  readonly run: KernelFunction
  /** The module that it is in, as workers know it. */
  readonly module: SharedModule
  /** The stages that threads share, or null, and their work. */
  readonly stages: readonly SharedStage[] | null
  readonly work: number
}

export interface WasmProgram {
  readonly kernelCount: number
  readonly kernels: readonly WasmKernel[]
  /** Those of which threads share a kernel. */
  readonly sharedModules: readonly SharedModule[]
  runs: number
}
