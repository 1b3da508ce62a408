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
import {
  binaryFunctions,
  byteSize,
  hostArray,
  internalError,
  NablaError,
  unaryFunctions,
} from "../../base/index.ts"
import { ALIGNMENT, Allocator, blockSize, PAGE } from "./allocator.ts"
import { wasmFeatures } from "./features.ts"
import type { KernelFunction } from "./launch.ts"
import { launch } from "./launch.ts"
import { limitsOf } from "./limits.ts"
import type { PoolMemory, SharedModule } from "./mailbox.ts"
import type { SharedStage } from "./pool.ts"
import { WorkerPool } from "./pool.ts"
import type { WasmCode, WasmKernel, WasmProgram, WasmStage } from "./program.ts"
import type { WorkerHost } from "./workers.ts"

export interface WasmDeviceOptions {
  /** Memory that workers can see; needs an engine with threads. Default: false, or true with `workers`. */
  readonly shared?: boolean
  /** What starts workers; null: nothing does. Default: null. */
  readonly workers?: WorkerHost | null
  /** Threads, the calling one included, where there are workers. Default: as many as the machine runs at once. */
  readonly threads?: number
  /** Operations of shared work after which workers are started (default 3·10⁷: some 10 ms). */
  readonly startWork?: number
  /** Milliseconds without progress after which a worker that holds work counts as lost. Default: 10,000. */
  readonly patience?: number
  /** Pages of 64 KiB at first (default 16) and at most (default 65536, which is 4 GiB). */
  readonly initialPages?: number
  readonly maximumPages?: number
}

export interface WasmDevice extends Device<WasmCode, WasmProgram> {
  /** What the renderer has to know of this device. */
  readonly renderOptions: {
    readonly relaxedSimd: boolean
    readonly sharedMemory: boolean
    readonly maximumPages: number
  }
  /** The memory that addresses count in: another object after it has grown. */
  readonly storage: ArrayBufferLike
  /** Pieces of kernels that workers have done so far. */
  readonly helped: number
  /** A program of kernels that are in others. */
  join(kernels: readonly WasmKernel[]): WasmProgram
  setThreads(count: number): void
  /** Ends the workers, for good. */
  close(): void
}

/**
 * The device that computes in WebAssembly, on this thread and on workers.
 *
 * @throws NABLA_DEVICE_UNAVAILABLE when shared memory is asked for and the engine has none
 */
export function createWasmDevice(options: WasmDeviceOptions = {}): WasmDevice {
  return new LinearMemoryDevice(options)
}

/** Where the pointers of freed blocks lead: to the end of the address space, so that a late use traps. */
const FREED = -ALIGNMENT

/** From the middle of a freed block on, addresses would come round to the start of the memory. */
const isThere = ({ allocation }: BufferRef): boolean => allocation.address !== FREED

class Block implements Allocation {
  readonly bytes: number
  readonly size: number
  address: number

  constructor(bytes: number, size: number, address: number) {
    this.bytes = bytes
    this.size = size
    this.address = address
  }
}

function formatBytes(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} bytes`
  return bytes < 2 ** 20 ? `${(bytes / 2 ** 10).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`
}

/** The longest maximum up to `maximum` that the engine accepts: some reserve the address space at once. */
function createMemory(
  initial: number,
  maximum: number,
  shared: boolean,
): { memory: WebAssembly.Memory; maximum: number } {
  for (let limit = maximum; ; limit = Math.floor(limit / 2)) {
    try {
      return { memory: new WebAssembly.Memory({ initial, maximum: limit, shared }), maximum: limit }
    } catch (cause) {
      if (limit / 2 >= initial && limit > 1) continue
      throw new NablaError("NABLA_OUT_OF_MEMORY", {
        message: `the engine gives no memory of ${formatBytes(initial * PAGE)}`,
        where: "wasm device",
        cause,
      })
    }
  }
}

const NO_SHARED_MEMORY = "no shared memory: a page must be cross-origin isolated for it"

/** Parts of a contraction for threads to share: more than there are threads, so that none waits long for another. */
const PARTS = 8

/** The functions of `math` that a worker has as well. */
const BUILTINS = Object.entries({ ...unaryFunctions, ...binaryFunctions })
  .filter(([name, f]) => (Math as unknown as Record<string, unknown>)[name] === f)
  .map(([name]) => name)

const runsInWorkers = ({ hosts }: WasmStage): boolean => hosts.every((name) => BUILTINS.includes(name))

class LinearMemoryDevice implements WasmDevice {
  readonly name = "wasm"
  readonly renderOptions: WasmDevice["renderOptions"]
  private readonly forOne: Capabilities
  private readonly forMany: Capabilities
  private readonly pool: WorkerPool | null
  /** What is known of vectors and threads, for people. */
  private readonly engine: string
  private readonly alone: string | null
  private readonly linear: WebAssembly.Memory
  private readonly imports: WebAssembly.Imports
  private readonly allocator: Allocator
  private views!: { f32: Float32Array; f64: Float64Array; i32: Int32Array }
  private liveBytes = 0
  private liveAllocations = 0

  constructor(options: WasmDeviceOptions) {
    const features = wasmFeatures()
    const { workers = null, initialPages = 16, maximumPages = 65536 } = options
    const shared = options.shared ?? (workers !== null && features.threads)
    if (shared && !features.threads) {
      throw new NablaError("NABLA_DEVICE_UNAVAILABLE", {
        message: "this engine has no shared WebAssembly memory",
        where: "wasm device",
        hint: "serve the page with the headers that make it cross-origin isolated, or do without threads",
      })
    }
    const { simd, relaxedSimd } = features
    const { memory, maximum } = createMemory(initialPages, maximumPages, shared)
    this.linear = memory
    this.engine = simd ? `128-bit SIMD${relaxedSimd ? " with fused multiply-add" : ""}` : "no SIMD"
    this.alone = features.threads || workers === null ? null : NO_SHARED_MEMORY
    this.renderOptions = { relaxedSimd, sharedMemory: shared, maximumPages: maximum }
    this.imports = { env: { memory }, math: { ...unaryFunctions, ...binaryFunctions } }
    // Address 0 is left out, so that no valid pointer is 0.
    this.allocator = new Allocator(ALIGNMENT, initialPages * PAGE, (bytes) => this.grow(bytes))
    this.renewViews()
    this.pool = shared && workers !== null ? this.makePool(workers, options) : null
    this.forOne = {
      vectorBytes: simd ? 16 : 0,
      tiledContractions: simd,
      fusedMultiplyAdd: relaxedSimd,
      synchronousRead: true,
      float64: true,
      worksInPlace: true,
    }
    this.forMany = { ...this.forOne, threads: PARTS }
  }

  /** Plans for one thread and for many differ; among the latter there is no difference. */
  get capabilities(): Capabilities {
    return this.pool === null || this.pool.threadCount === 1 ? this.forOne : this.forMany
  }

  private makePool(host: WorkerHost, options: WasmDeviceOptions): WorkerPool {
    const memory: PoolMemory = {
      memory: this.linear,
      take: (bytes) => this.allocator.take(blockSize(bytes)),
      give: (address, bytes) => this.allocator.give(address, blockSize(bytes)),
    }
    const { threads = host.cores, startWork = 3e7, patience = 10_000 } = options
    return new WorkerPool(memory, { host, threads, builtins: BUILTINS, startWork, patience })
  }

  get description(): string {
    return `WebAssembly, ${this.engine}, ${this.threads()}`
  }

  private threads(): string {
    const count = this.pool?.threadCount ?? 1
    const trouble = this.trouble === null ? "" : ` (${this.trouble})`
    return `${count === 1 ? "one thread" : `${count} threads`}${trouble}`
  }

  /** Why there are fewer threads than there could be. */
  private get trouble(): string | null {
    return this.pool === null ? this.alone : this.pool.trouble
  }

  get limits(): string[] {
    return limitsOf(this.forOne, this.pool?.threadCount ?? 1, this.trouble)
  }

  get storage(): ArrayBufferLike {
    return this.linear.buffer
  }

  get helped(): number {
    return this.pool?.helped ?? 0
  }

  setThreads(count: number): void {
    this.pool?.setThreads(count)
  }

  close(): void {
    this.pool?.close()
  }

  private renewViews(): void {
    const { buffer } = this.linear
    this.views = { f32: new Float32Array(buffer), f64: new Float64Array(buffer), i32: new Int32Array(buffer) }
  }

  private grow(bytes: number): boolean {
    try {
      this.linear.grow(bytes / PAGE)
    } catch {
      // Beyond the maximum, or the system has no more: the caller says what was asked.
      return false
    }
    this.renewViews()
    return true
  }

  allocate(bytes: number): Allocation {
    if (!Number.isInteger(bytes) || bytes < 0)
      throw internalError(`allocation of ${bytes} bytes`, "wasm device")
    const possible = bytes < this.renderOptions.maximumPages * PAGE
    const size = possible ? blockSize(bytes) : 0
    const address = possible ? this.allocator.take(size) : undefined
    if (address === undefined) throw this.outOfMemory(bytes)
    this.liveBytes += bytes
    this.liveAllocations++
    return new Block(bytes, size, address)
  }

  private outOfMemory(bytes: number): NablaError {
    const { liveBytes, liveAllocations, reservedBytes } = this.memory()
    const maximum = this.renderOptions.maximumPages * PAGE
    return new NablaError("NABLA_OUT_OF_MEMORY", {
      message: `${formatBytes(bytes)} were asked for and do not fit into the device's memory`,
      where: "wasm device",
      got:
        `${formatBytes(liveBytes)} in use by ${liveAllocations} allocations, ` +
        `${formatBytes(reservedBytes)} reserved, ${formatBytes(maximum)} at most`,
    })
  }

  free(allocation: Allocation): void {
    if (!(allocation instanceof Block) || allocation.address === FREED) {
      throw internalError("a block is freed that is not in use (freed twice?)", "wasm device")
    }
    this.allocator.give(allocation.address, allocation.size)
    allocation.address = FREED
    this.liveBytes -= allocation.bytes
    this.liveAllocations--
  }

  memory(): MemoryStats {
    const { liveBytes, liveAllocations } = this
    return { liveBytes, liveAllocations, reservedBytes: this.linear.buffer.byteLength }
  }

  compile({ bytes, kernelCount, stages }: WasmCode): WasmProgram {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.imports)
    const module: SharedModule = { bytes, id: 0, mail: 0 }
    const sharing = this.pool !== null
    const kernels = Array.from({ length: kernelCount }, (_, kernel): WasmKernel => {
      const parts = sharing && stages[kernel]?.every(runsInWorkers) ? stages[kernel] : null
      const shared = parts?.map(
        (part, stage): SharedStage => ({ ...part, kernel, stage, run: exports[part.name] as KernelFunction }),
      )
      const work = (shared ?? []).reduce((sum, part) => sum + part.work, 0)
      return { run: exports[`k${kernel}`] as KernelFunction, module, stages: shared ?? null, work }
    })
    return this.join(kernels)
  }

  join(kernels: readonly WasmKernel[]): WasmProgram {
    const shared = kernels.filter(({ work }) => work > 0)
    const sharedModules = [...new Set(shared.map(({ module }) => module))]
    return { kernelCount: kernels.length, kernels, sharedModules, runs: 0 }
  }

  run(program: WasmProgram, calls: readonly Call[]): void {
    const { kernels } = program
    let ahead = 0
    if (this.pool !== null) for (const { kernel } of calls) ahead += kernels[kernel]!.work
    const together = ahead > 0 && this.pool!.begin(program, ahead)
    let i = 0
    try {
      for (; i < calls.length; i++) {
        const { kernel: number, buffers } = calls[i]!
        const kernel = kernels[number]!
        if (together && kernel.work > 0 && buffers.every(isThere)) {
          this.runStages(kernel, buffers, ahead)
          ahead -= kernel.work
        } else launch(kernel.run, buffers)
      }
    } catch (cause) {
      if (cause instanceof NablaError) throw cause
      throw new NablaError("NABLA_DEVICE_FAILED", {
        message: `kernel ${calls[i]!.kernel} of the program stopped: ${String(cause)}`,
        where: "wasm device",
        cause,
      })
    }
  }

  private runStages({ module, stages }: WasmKernel, buffers: readonly BufferRef[], ahead: number): void {
    const pointers = buffers.map(({ allocation, byteOffset }) => allocation.address + byteOffset)
    for (const stage of stages!) {
      if (stage.turns === 0) stage.run(...pointers)
      else this.pool!.share(module, stage, pointers, ahead)
    }
  }

  /** The first byte of `length` elements, after making sure that they lie in the block. */
  private place({ allocation, byteOffset }: BufferRef, dtype: DType, length: number): number {
    const bytes = length * byteSize(dtype)
    const inside = byteOffset >= 0 && byteOffset + bytes <= allocation.bytes
    if (!inside || allocation.address === FREED || byteOffset % byteSize(dtype) !== 0) {
      const block = allocation.address === FREED ? "a freed block" : `a block of ${allocation.bytes} bytes`
      throw internalError(`${bytes} bytes at offset ${byteOffset} of ${block}`, "wasm device")
    }
    const start = allocation.address + byteOffset
    // Another thread may have made a shared memory longer.
    if (this.views.f32.buffer !== this.linear.buffer) this.renewViews()
    return start
  }

  write(target: BufferRef, dtype: DType, data: TypedArray): void {
    const start = this.place(target, dtype, data.length)
    const { f32, f64, i32 } = this.views
    if (dtype === "float32") f32.set(data, start / 4)
    else if (dtype === "float64") f64.set(data, start / 8)
    else if (dtype === "int32") i32.set(data, start / 4)
    else for (let i = 0; i < data.length; i++) i32[start / 4 + i] = data[i] !== 0 ? 1 : 0
  }

  readSync(source: BufferRef, dtype: DType, length: number): TypedArray {
    const start = this.place(source, dtype, length)
    const { f32, f64, i32 } = this.views
    const out = hostArray(dtype, length)
    if (dtype === "float32") out.set(f32.subarray(start / 4, start / 4 + length))
    else if (dtype === "float64") out.set(f64.subarray(start / 8, start / 8 + length))
    // The values 0 and 1 of a bool become bytes.
    else out.set(i32.subarray(start / 4, start / 4 + length))
    return out
  }

  async read(source: BufferRef, dtype: DType, length: number): Promise<TypedArray> {
    return this.readSync(source, dtype, length)
  }
}
