import { existsSync, writeFileSync } from "node:fs"
import { arch, availableParallelism, cpus } from "node:os"
import { join } from "node:path"
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
import { byteSize, hostArray, internalError, NablaError } from "../../base/index.ts"
import type { BlasLibrary } from "./blas.ts"
import { findBlas } from "./blas.ts"
import { ObjectCache } from "./cache.ts"
import type { CompileJob, Compiler } from "./compiler.ts"
import { compileFile, compileTogether, findCompiler } from "./compiler.ts"
import { addressOf, foreignCalls } from "./foreign.ts"
import { type Block, Memory } from "./memory.ts"

/** Kernels as C. Those with the same text are compiled once in a process. */
export interface NativeCode {
  readonly kernels: readonly string[]
  /**
   * A C file of some of the kernels. It exports `nabla_kernels(double* addresses)`, which gives where they are, and
   * `nabla_run(const double* calls, double count, double threads)`.
   */
  readonly unit: (which: readonly number[]) => NativeUnit
}

export interface NativeUnit {
  readonly text: string
  /** Whether it calls functions of CBLAS. */
  readonly blas: boolean
}

export interface NativeProgram {
  readonly kernelCount: number
  /** Where the kernels are. */
  readonly addresses: readonly number[]
}

export interface NativeDeviceOptions {
  /** Where compiled code is kept. Default: a folder in the user's cache folder. */
  readonly cacheFolder?: string
  /** Default: what NABLA_THREADS says, or as many as the machine runs at once. Results do not depend on it. */
  readonly threads?: number
}

export interface NativeDevice extends Device<NativeCode, NativeProgram> {
  /** What the renderer has to know of this device. */
  readonly renderOptions: { readonly blas: boolean }
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

function threadCount(): number {
  const given = Number(process.env.NABLA_THREADS)
  return Number.isInteger(given) && given > 0 ? given : availableParallelism()
}

/** Kernels below which it does not pay to start another compiler. */
const KERNELS_OF_A_UNIT = 4

/** Files that this process has written, all in one folder. */
let prepared = 0

type Launch = (table: number, count: number, threads: number) => void

/** A C file, with its object from the cache or what will compile it. */
interface Unit extends NativeUnitText {
  readonly kept: string | undefined
  readonly job: CompileJob | null
}

interface NativeUnitText {
  readonly key: string
  readonly text: string
  readonly libraries: readonly string[]
}

type Storage = Float32Array | Float64Array | Int32Array

class CompiledCodeDevice implements NativeDevice {
  readonly name = "native"
  readonly capabilities: Capabilities
  readonly description: string
  readonly renderOptions: NativeDevice["renderOptions"]
  private readonly compiler: Compiler
  private readonly blas: BlasLibrary | null
  private readonly cache: ObjectCache
  private readonly threads: number
  private readonly machine: readonly string[]
  private readonly blocks = new Memory()
  /** Addresses of compiled kernels by their text. */
  private readonly known = new Map<string, number>()
  /** Runs kernels, of whichever library. */
  private call: Launch | null = null
  private readonly libraries: unknown[] = []
  private table = new Float64Array(new ArrayBuffer(8192))
  private tableAddress: number

  constructor(compiler: Compiler, blas: BlasLibrary | null, cache: ObjectCache, threads: number) {
    this.threads = threads
    this.compiler = compiler
    this.blas = blas
    this.renderOptions = { blas: blas !== null }
    this.cache = cache
    this.tableAddress = addressOf(this.table.buffer)
    this.capabilities = {
      vectorBytes: compiler.vectorBytes,
      tiledContractions: true,
      fusedMultiplyAdd: compiler.fusedMultiplyAdd,
      synchronousRead: true,
      float64: true,
      threads,
    }
    const model = cpus()[0]?.model ?? arch()
    this.machine = [compiler.macros, compiler.flags.join(" "), model]
    const width = `${8 * compiler.vectorBytes}-bit vectors${compiler.fusedMultiplyAdd ? " with fused multiply-add" : ""}`
    const counted = threads === 1 ? "one thread" : `${threads} threads`
    this.description = `compiled C (${compiler.command}, ${compiler.version}), ${width}, ${counted}, ${blas === null ? "no BLAS" : `BLAS from ${blas.description}`}`
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
    const missing = new Map<string, number>()
    for (const [i, text] of code.kernels.entries()) if (!this.known.has(text)) missing.set(text, i)
    const groups = this.divide(code.kernels, [...missing.values()])
    const units = groups.map((which) => this.unit(code.unit(which)))
    // Side by side at first: what failed there is compiled again by itself, to be told why.
    const jobs = units.flatMap(({ job }) => (job === null ? [] : [job]))
    if (jobs.length > 1) compileTogether(this.compiler, jobs)
    for (const [i, unit] of units.entries()) {
      const addresses = this.finish(unit, groups[i]!.length)
      for (const [at, kernel] of groups[i]!.entries()) this.known.set(code.kernels[kernel]!, addresses[at]!)
    }
    return { kernelCount: code.kernels.length, addresses: code.kernels.map((text) => this.known.get(text)!) }
  }

  /** Kernels in groups of about the same length, as many as can be compiled at once. */
  private divide(texts: readonly string[], which: readonly number[]): number[][] {
    const count = Math.min(this.threads, Math.ceil(which.length / KERNELS_OF_A_UNIT))
    const groups = Array.from({ length: count }, () => ({ length: 0, which: [] as number[] }))
    for (const i of which) {
      const shortest = groups.reduce((a, b) => (b.length < a.length ? b : a))
      shortest.which.push(i)
      shortest.length += texts[i]!.length
    }
    return groups.map((group) => group.which)
  }

  /** Looks a file up in the cache, or makes ready what compiles it. */
  private unit({ text, blas }: NativeUnit): Unit {
    const libraries = blas ? this.blas!.linkFlags : []
    const key = this.cache.key([text, ...libraries, ...this.machine])
    const kept = this.cache.find(key)
    return { key, text, libraries, kept, job: kept === undefined ? this.prepare(key, text, libraries) : null }
  }

  private prepare(key: string, text: string, libraries: readonly string[]): CompileJob {
    const name = join(this.cache.scratch, `${++prepared}-${key}`)
    try {
      writeFileSync(`${name}.c`, text)
    } catch (cause) {
      throw new NablaError("NABLA_DEVICE_FAILED", {
        message: `the text to compile cannot be written: ${String(cause)}`,
        where: "native device",
        hint: "make room there, or name another folder in TMPDIR",
        cause,
      })
    }
    return { source: `${name}.c`, object: `${name}.so`, libraries }
  }

  /** Loads a file's code; what the cache held and does not load is compiled anew. */
  private finish({ key, text, libraries, kept, job }: Unit, count: number): Float64Array {
    if (kept !== undefined) {
      try {
        return this.load(kept, count)
      } catch {
        this.cache.drop(kept)
      }
    }
    const { object, source } = job ?? this.prepare(key, text, libraries)
    if (!existsSync(object)) compileFile(this.compiler, { source, object, libraries })
    return this.load(this.cache.keep(key, object), count)
  }

  private load(path: string, count: number): Float64Array {
    const chosen = process.env.GOMP_SPINCOUNT
    try {
      // OpenMP's library reads this when it is loaded: threads that wait for long should leave the processor.
      process.env.GOMP_SPINCOUNT = chosen ?? "10000"
      const library = foreignCalls().load(path)
      const addresses = new Float64Array(new ArrayBuffer(8 * count))
      library.func("void nabla_kernels(void* addresses)")(addresses)
      this.call ??= library.func("void nabla_run(uintptr_t calls, double count, double threads)") as Launch
      this.libraries.push(library)
      return addresses
    } catch (cause) {
      throw new NablaError("NABLA_DEVICE_FAILED", {
        message: `compiled code cannot be loaded: ${String(cause)}`,
        where: "native device",
        hint: "the folder for temporary files may forbid running code: name another one in TMPDIR",
        cause,
      })
    } finally {
      if (chosen === undefined) delete process.env.GOMP_SPINCOUNT
    }
  }

  run(program: NativeProgram, calls: readonly Call[]): void {
    let length = 0
    for (const { buffers } of calls) length += 2 + buffers.length
    if (length > this.table.length) {
      this.table = new Float64Array(new ArrayBuffer(16 * length))
      this.tableAddress = addressOf(this.table.buffer)
    }
    const { table } = this
    let at = 0
    for (const { kernel, buffers } of calls) {
      table[at++] = program.addresses[kernel]!
      table[at++] = buffers.length
      for (const { allocation, byteOffset } of buffers) {
        // A late use would write into memory that is somebody else's by now.
        if (!(allocation as Block).live) throw internalError("the block is not in use", "native device")
        table[at++] = allocation.address + byteOffset
      }
    }
    this.call?.(this.tableAddress, calls.length, this.threads)
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

  async read(source: BufferRef, dtype: DType, length: number): Promise<TypedArray> {
    return this.readSync(source, dtype, length)
  }
}
