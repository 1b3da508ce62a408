import type { DType, TypedArray } from "./dtype.ts"

/** A block of device memory. `address` is the device's own handle (a byte offset on linear memories). */
export interface Allocation {
  readonly bytes: number
  readonly address: number
}

/** One kernel launch: which kernel of the program, on which allocations (in the kernel's buffer order). */
export interface Call {
  readonly kernel: number
  readonly buffers: readonly BufferRef[]
}

/** A buffer inside an allocation: the planner places several temporaries in one block. */
export interface BufferRef {
  allocation: Allocation
  byteOffset: number
}

export interface MemoryStats {
  /** Bytes handed out and not yet freed. */
  readonly liveBytes: number
  readonly liveAllocations: number
  /** Bytes that the device holds, free or not. */
  readonly reservedBytes: number
}

/** What the planner and the lowering need to know about a device. */
export interface Capabilities {
  /** Bytes of a vector register that kernels are written for: 0 means scalar kernels. */
  readonly vectorBytes: 0 | 16 | 32
  /** Bytes of the vector registers that contractions are tiled for, where there are wider ones, and 32 of them. */
  readonly tileVectorBytes?: 64
  /** Register-tiled packed contractions, or the plain loop nest. */
  readonly tiledContractions: boolean
  /** Whether a multiply-add is one instruction: it decides how many registers a tile may take. */
  readonly fusedMultiplyAdd: boolean
  readonly synchronousRead: boolean
  readonly float64: boolean
  /**
   * The device takes sizes out of kernels and compiles what is left, once for all sizes: kernels are then written so
   * that those of batches of different sizes differ in nothing else. Default: false.
   */
  readonly runtimeSizes?: boolean
  /** Kernels that allow it may be given one place for an input and an output. Default: false. */
  readonly worksInPlace?: boolean
  /** Parts in which contractions are written for threads to share, at most. Default: 1. */
  readonly threads?: number
}

/** Compiled kernels, ready to be called by index. */
export interface Program {
  readonly kernelCount: number
}

/**
 * What a runtime offers. `Code` is what the device's renderer makes (bytes, text, or the kernel IR itself); the engine
 * pairs renderer and runtime, so that no runtime knows a renderer.
 */
export interface Device<Code = unknown, P extends Program = Program> {
  readonly name: string
  readonly capabilities: Capabilities
  /** One line for people: engine features in use, threads. */
  readonly description: string
  /** What makes it slower than it could be here, each with what to do about it. */
  readonly limits: readonly string[]
  allocate(bytes: number): Allocation
  free(allocation: Allocation): void
  compile(code: Code): P
  run(program: P, calls: readonly Call[]): void
  write(target: BufferRef, dtype: DType, data: TypedArray): void
  /** Copies `length` elements to a new host array; devices without synchronous reads throw NABLA_SYNC_READ. */
  readSync(source: BufferRef, dtype: DType, length: number): TypedArray
  read(source: BufferRef, dtype: DType, length: number): Promise<TypedArray>
  /**
   * An array on the very memory of an allocation, where the two can be one: it belongs to the garbage collector from
   * then on. The allocation can still be used; to free it does nothing. Null where a copy is the better way.
   */
  share?(allocation: Allocation, dtype: DType, length: number): TypedArray | null
  memory(): MemoryStats
  /** Changes how many threads share work, the calling one included; devices of one thread have no such method. */
  setThreads?(count: number): void
}
