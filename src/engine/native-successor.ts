import type { Call, Capabilities, Program } from "../base/index.ts"
import { NablaError } from "../base/index.ts"
import type { Kernel } from "../kernel/index.ts"
import { renderC } from "../render/c/index.ts"
import type { NativeDevice, NativeProgram } from "../runtime/native/index.ts"
import { createNativeDeviceLater } from "../runtime/native/index.ts"
import type { WasmDevice } from "../runtime/wasm/index.ts"
import type { ComingProgram, Successor } from "./moving.ts"

/** Compiled C on the memory of the wasm device. Nothing is looked for before a program is worth it. */
export class NativeSuccessor implements Successor {
  private readonly memory: Pick<WasmDevice, "storage">
  private threads: number | undefined
  private search: (() => NativeDevice | null) | null = null
  private device: NativeDevice | null = null
  /** One program is compiled at a time, since the processors are needed for the training itself. */
  private present: ComingProgram | null = null
  private moved = 0
  private trouble: string | null = null

  constructor(memory: Pick<WasmDevice, "storage">, threads: number | undefined) {
    this.memory = memory
    this.threads = threads
  }

  get obstacle(): string | null {
    return this.trouble
  }

  get description(): string {
    if (this.moved > 0) return `moved to ${this.device!.description}`
    if (this.trouble !== null) return "stays there"
    return "moves to compiled C when that is worth it"
  }

  ready(): Capabilities | null {
    // Asked also when those who wanted it do not ask any more.
    if (this.present !== null && this.present() === null) return null
    if (this.device === null) {
      const { threads } = this
      this.search ??= createNativeDeviceLater(threads === undefined ? {} : { threads })
      this.device = this.search()
    }
    return this.device?.capabilities ?? null
  }

  begin(kernels: readonly Kernel[]): ComingProgram {
    const device = this.device!
    const coming = device.compileLater(renderC(kernels, device.renderOptions))
    let program: Program | null = null
    this.present = () => {
      if (program !== null) return program
      program = coming()
      if (program !== null) this.moved++
      return program
    }
    return this.present
  }

  giveUp(cause: unknown): void {
    this.trouble = reasonOf(cause)
  }

  setThreads(count: number): void {
    this.threads = count
    this.device?.setThreads(count)
  }

  run(program: Program, calls: readonly Call[]): void {
    this.device!.runOn(this.memory.storage, program as NativeProgram, calls)
  }
}

/** One line: what is missing, and what to do about it. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof NablaError)) return String(cause)
  const { message, got, hint } = cause.detail
  return [message, got, hint].filter((part) => part !== undefined).join("; ")
}
