import { availableParallelism } from "node:os"
import type {
  Allocation,
  BufferRef,
  Call,
  Capabilities,
  Device,
  DType,
  MemoryStats,
  TypedArray,
} from "../../base/index.ts"
import { byteSize, hostArray, internalError } from "../../base/index.ts"
import type { BlasLibrary } from "./blas.ts"
import { findBlas } from "./blas.ts"
import { ObjectCache } from "./cache.ts"
import type { Compiler } from "./compiler.ts"
import { findCompiler, findCompilerLater } from "./compiler.ts"
import { addressOf, foreignCalls } from "./foreign.ts"
import type { ComingProgram, NativeCode, NativeProgram } from "./kernel-library.ts"
import { KernelLibrary } from "./kernel-library.ts"
import { type Block, LARGE, Memory } from "./memory.ts"

export interface NativeDeviceOptions {
  /** Where compiled code is kept. Default: a folder in the user's cache folder. */
  readonly cacheFolder?: string
  /** Default: what NABLA_THREADS says, or as many as the machine runs at once. Results do not depend on it. */
  readonly threads?: number
}

export interface NativeDevice extends Device<NativeCode, NativeProgram> {
  /** What the renderer has to know of this device. */
  readonly renderOptions: { readonly blas: boolean }
  setThreads(count: number): void
  /** Compiles in the background. The function that it gives throws what went wrong. */
  compileLater(code: NativeCode): ComingProgram
  /** Runs calls whose buffers lie in memory of another device: their addresses count from its start. */
  runOn(memory: ArrayBufferLike, program: NativeProgram, calls: readonly Call[]): void
}

/**
 * The device that runs compiled C, on Node.
 *
 * @throws NABLA_DEVICE_UNAVAILABLE when there is no koffi, no compiler that works, or no folder to compile in
 */
export function createNativeDevice({ cacheFolder, threads }: NativeDeviceOptions = {}): NativeDevice {
  foreignCalls()
  const cache = new ObjectCache(cacheFolder)
  return new CompiledCodeDevice(findCompiler(cache.scratch), findBlas(), cache, threads ?? threadCount())
}

/**
 * The same, without waiting for the search for a compiler: the function that it gives says null until the device is
 * there, and throws what stands in its way.
 */
export function createNativeDeviceLater(options: NativeDeviceOptions = {}): () => NativeDevice | null {
  foreignCalls()
  const cache = new ObjectCache(options.cacheFolder)
  const search = findCompilerLater(cache.scratch)
  return () => {
    const compiler = search()
    const threads = options.threads ?? threadCount()
    return compiler === null ? null : new CompiledCodeDevice(compiler, findBlas(), cache, threads)
  }
}

function threadCount(): number {
  const given = Number(process.env.NABLA_THREADS)
  return Number.isInteger(given) && given > 0 ? given : availableParallelism()
}

const whyOneThread = (): string =>
  availableParallelism() === 1 ? "the machine runs no more at once" : "no more were asked for"

type Storage = Float32Array | Float64Array | Int32Array

/** Addresses of the device's own blocks are complete. */
const OWN_MEMORY = 0
const NO_SIZES: readonly number[] = []
/** Buffers that a kernel has for its sizes. */
const SIZES_BUFFERS = 2

class CompiledCodeDevice implements NativeDevice {
  readonly name = "native"
  readonly capabilities: Capabilities
  readonly renderOptions: NativeDevice["renderOptions"]
  private readonly compiler: Compiler
  private readonly blas: BlasLibrary | null
  private threads: number
  private readonly blocks = new Memory()
  private readonly library: KernelLibrary
  /** Memory of another device, and where it is. */
  private elsewhere: { readonly memory: ArrayBufferLike; readonly address: number } | null = null
  private table = new Float64Array(new ArrayBuffer(8192))
  private tableAddress: number

  constructor(compiler: Compiler, blas: BlasLibrary | null, cache: ObjectCache, threads: number) {
    this.threads = threads
    this.compiler = compiler
    this.blas = blas
    this.renderOptions = { blas: blas !== null }
    this.library = new KernelLibrary(compiler, blas, cache)
    this.tableAddress = addressOf(this.table.buffer)
    this.capabilities = {
      vectorBytes: compiler.vectorBytes,
      ...(compiler.wideRegisters ? { tileVectorBytes: 64 } : {}),
      tiledContractions: true,
      fusedMultiplyAdd: compiler.fusedMultiplyAdd,
      synchronousRead: true,
      float64: true,
      runtimeSizes: true,
      threads,
    }
  }

  get description(): string {
    const { command, version, vectorBytes, wideRegisters, fusedMultiplyAdd } = this.compiler
    const width = `${8 * vectorBytes}-bit vectors${wideRegisters ? " (512-bit in products)" : ""}`
    const fused = fusedMultiplyAdd ? " with fused multiply-add" : ""
    const counted = this.threads === 1 ? "one thread" : `${this.threads} threads`
    const blas = this.blas === null ? "" : `, BLAS from ${this.blas.description}`
    return `compiled C (${command}, ${version}), ${width}${fused}, ${counted}${blas}`
  }

  get limits(): string[] {
    const found: string[] = []
    if (this.threads === 1) found.push(`one thread: ${whyOneThread()}`)
    if (!this.compiler.fusedMultiplyAdd)
      found.push(`no fused multiply-add: the processor has none, or ${this.compiler.command} does not use it`)
    const { NABLA_BLAS: blas } = process.env
    if (blas !== undefined && blas !== "none" && this.blas === null)
      found.push(`no BLAS: NABLA_BLAS names ${blas}, which is not there; products use the kernels' own tiles`)
    return found
  }

  setThreads(count: number): void {
    this.threads = count
  }

  allocate(bytes: number): Allocation {
    return this.blocks.take(bytes)
  }

  free(allocation: Allocation): void {
    this.blocks.give(allocation)
  }

  memory(): MemoryStats {
    return this.blocks.stats()
  }

  // Programs ---------------------------------------------------------------------------------------------------------

  compile(code: NativeCode): NativeProgram {
    return this.library.compile(code, this.threads)
  }

  compileLater(code: NativeCode): ComingProgram {
    return this.library.compileLater(code, this.threads)
  }

  run(program: NativeProgram, calls: readonly Call[]): void {
    this.launch(program, calls, OWN_MEMORY)
  }

  runOn(memory: ArrayBufferLike, program: NativeProgram, calls: readonly Call[]): void {
    if (this.elsewhere?.memory !== memory) this.elsewhere = { memory, address: addressOf(memory) }
    this.launch(program, calls, this.elsewhere.address)
  }

  private launch(program: NativeProgram, calls: readonly Call[], base: number): void {
    let length = 0
    for (const { buffers } of calls) length += 2 + buffers.length + SIZES_BUFFERS
    if (length > this.table.length) {
      this.table = new Float64Array(new ArrayBuffer(16 * length))
      this.tableAddress = addressOf(this.table.buffer)
    }
    const { table } = this
    let at = 0
    for (const { kernel, buffers } of calls) {
      table[at++] = program.addresses[kernel]!
      const sizes = program.sizes[kernel] ?? NO_SIZES
      table[at++] = buffers.length + sizes.length
      for (const { allocation, byteOffset } of buffers) {
        // A late use would write into memory that is somebody else's by now.
        const live = base === OWN_MEMORY ? (allocation as Block).live : allocation.address > 0
        if (!live) throw internalError("the block is not in use", "native device")
        table[at++] = base + allocation.address + byteOffset
      }
      for (const address of sizes) table[at++] = address
    }
    this.library.launch?.(this.tableAddress, calls.length, this.threads)
  }

  // Values -----------------------------------------------------------------------------------------------------------

  /** The elements in memory, after making sure that they lie in the block. */
  private view({ allocation, byteOffset }: BufferRef, dtype: DType, length: number): Storage {
    const block = allocation as Block
    const bytes = length * byteSize(dtype)
    const inside = byteOffset >= 0 && byteOffset + bytes <= block.bytes
    if (!inside || !block.live || byteOffset % byteSize(dtype) !== 0) {
      const whole = block.live ? `a block of ${block.bytes} bytes` : "a freed block"
      throw internalError(`${bytes} bytes at offset ${byteOffset} of ${whole}`, "native device")
    }
    const start = block.offset + byteOffset
    if (dtype === "float32") return new Float32Array(block.storage, start, length)
    return dtype === "float64"
      ? new Float64Array(block.storage, start, length)
      : new Int32Array(block.storage, start, length)
  }

  write(target: BufferRef, dtype: DType, data: TypedArray): void {
    const view = this.view(target, dtype, data.length)
    if (dtype === "bool") for (let i = 0; i < data.length; i++) view[i] = data[i] !== 0 ? 1 : 0
    else view.set(data)
  }

  readSync(source: BufferRef, dtype: DType, length: number): TypedArray {
    const out = hostArray(dtype, length)
    out.set(this.view(source, dtype, length))
    return out
  }

  share(allocation: Allocation, dtype: DType, length: number): TypedArray | null {
    const block = allocation as Block
    // A bool is a byte on the host. Small blocks are parts of larger pieces, and soon copied.
    if (block.size < LARGE || dtype === "bool") return null
    const view = this.view({ allocation, byteOffset: 0 }, dtype, length)
    this.blocks.share(block)
    return view
  }

  async read(source: BufferRef, dtype: DType, length: number): Promise<TypedArray> {
    return this.readSync(source, dtype, length)
  }
}
