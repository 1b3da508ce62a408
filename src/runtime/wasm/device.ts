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

/** A module that imports `env.memory` and functions of `math`, and exports its kernels as k0, k1, … */
export interface WasmCode {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly kernelCount: number
}

export interface WasmProgram {
  readonly kernelCount: number
  readonly functions: readonly KernelFunction[]
}

export interface WasmDeviceOptions {
  /** Memory that workers can see; needs an engine with threads. Default: false. */
  readonly shared?: boolean
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
}

/**
 * The device that computes in WebAssembly on this thread.
 *
 * @throws NABLA_DEVICE_UNAVAILABLE when shared memory is asked for and the engine has none
 */
export function createWasmDevice(options: WasmDeviceOptions = {}): WasmDevice {
  return new LinearMemoryDevice(options)
}

/** Where the pointers of freed blocks lead: to the end of the address space, so that a late use traps. */
const FREED = -ALIGNMENT

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

class LinearMemoryDevice implements WasmDevice {
  readonly name = "wasm"
  readonly capabilities: Capabilities
  readonly description: string
  readonly renderOptions: WasmDevice["renderOptions"]
  private readonly linear: WebAssembly.Memory
  private readonly imports: WebAssembly.Imports
  private readonly allocator: Allocator
  private views!: { f32: Float32Array; f64: Float64Array; i32: Int32Array }
  private liveBytes = 0
  private liveAllocations = 0

  constructor({ shared = false, initialPages = 16, maximumPages = 65536 }: WasmDeviceOptions) {
    const features = wasmFeatures()
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
    this.capabilities = {
      vectorBytes: simd ? 16 : 0,
      tiledContractions: simd,
      fusedMultiplyAdd: relaxedSimd,
      synchronousRead: true,
      float64: true,
    }
    const width = simd ? `128-bit SIMD${relaxedSimd ? " with fused multiply-add" : ""}` : "no SIMD"
    this.description = `WebAssembly, ${width}, ${shared ? "shared memory" : "one thread"}`
    this.renderOptions = { relaxedSimd, sharedMemory: shared, maximumPages: maximum }
    this.imports = { env: { memory }, math: { ...unaryFunctions, ...binaryFunctions } }
    // Address 0 is left out, so that no valid pointer is 0.
    this.allocator = new Allocator(ALIGNMENT, initialPages * PAGE, (bytes) => this.grow(bytes))
    this.renewViews()
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

  compile({ bytes, kernelCount }: WasmCode): WasmProgram {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.imports)
    const functions = Array.from(
      { length: kernelCount },
      (_, i) => instance.exports[`k${i}`] as KernelFunction,
    )
    return { kernelCount, functions }
  }

  run(program: WasmProgram, calls: readonly Call[]): void {
    let i = 0
    try {
      for (; i < calls.length; i++) {
        const call = calls[i]!
        launch(program.functions[call.kernel]!, call.buffers)
      }
    } catch (cause) {
      throw new NablaError("NABLA_DEVICE_FAILED", {
        message: `kernel ${calls[i]!.kernel} of the program stopped: ${String(cause)}`,
        where: "wasm device",
        cause,
      })
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
