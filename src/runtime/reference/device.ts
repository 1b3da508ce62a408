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
import { hostArray, internalError } from "../../base/index.ts"
import type { Kernel, Scalar } from "../../kernel/index.ts"
import { scalarBytes, scalarOf } from "../../kernel/index.ts"
import type { ReferenceFunction } from "./source.ts"
import { compileKernel } from "./source.ts"

export interface ReferenceProgram {
  readonly kernelCount: number
  readonly kernels: readonly Kernel[]
  readonly functions: readonly ReferenceFunction[]
}

/**
 * The oracle: plain loops in double precision, every access checked. Values are rounded to their type only when they
 * are stored. It takes scalar kernels alone.
 */
export function createReferenceDevice(): Device<readonly Kernel[], ReferenceProgram> {
  return new HostArrayDevice()
}

class Block implements Allocation {
  readonly bytes: number
  readonly address: number
  readonly storage: ArrayBuffer
  live = true

  constructor(bytes: number, address: number) {
    this.bytes = bytes
    this.address = address
    this.storage = new ArrayBuffer(Math.ceil(bytes / 8) * 8)
    // All ones are NaN in either float type: what is read before it was written shows.
    new Uint8Array(this.storage).fill(0xff)
  }
}

type Storage = Float32Array | Float64Array | Int32Array

function createView(type: Scalar, storage: ArrayBuffer, byteOffset: number, length: number): Storage {
  if (type === "f32") return new Float32Array(storage, byteOffset, length)
  return type === "f64"
    ? new Float64Array(storage, byteOffset, length)
    : new Int32Array(storage, byteOffset, length)
}

class HostArrayDevice implements Device<readonly Kernel[], ReferenceProgram> {
  readonly name = "reference"
  readonly description = "plain loops in double precision"
  readonly limits = ["slow on purpose: it is what the other devices are held against"]
  readonly capabilities: Capabilities = {
    vectorBytes: 0,
    tiledContractions: false,
    fusedMultiplyAdd: false,
    synchronousRead: true,
    float64: true,
  }
  private nextAddress = 64
  private liveBytes = 0
  private liveAllocations = 0

  allocate(bytes: number): Allocation {
    if (!Number.isInteger(bytes) || bytes < 0)
      throw internalError(`allocation of ${bytes} bytes`, "reference device")
    const block = new Block(bytes, this.nextAddress)
    this.nextAddress += Math.max(64, Math.ceil(bytes / 64) * 64)
    this.liveBytes += bytes
    this.liveAllocations++
    return block
  }

  free(allocation: Allocation): void {
    if (!(allocation instanceof Block) || !allocation.live) {
      throw internalError("a block is freed that is not in use (freed twice?)", "reference device")
    }
    allocation.live = false
    this.liveBytes -= allocation.bytes
    this.liveAllocations--
  }

  memory(): MemoryStats {
    const { liveBytes, liveAllocations } = this
    return { liveBytes, liveAllocations, reservedBytes: liveBytes }
  }

  compile(kernels: readonly Kernel[]): ReferenceProgram {
    return { kernelCount: kernels.length, kernels, functions: kernels.map(compileKernel) }
  }

  run(program: ReferenceProgram, calls: readonly Call[]): void {
    for (const { kernel, buffers } of calls) {
      const { name, buffers: parameters } = program.kernels[kernel]!
      const where = `reference device: kernel ${name}`
      if (buffers.length !== parameters.length) {
        throw internalError(`${buffers.length} buffers for ${parameters.length} parameters`, where)
      }
      this.checkOverlap(program.kernels[kernel]!, buffers)
      const views = buffers.map((ref, i) => this.view(ref, parameters[i]!.type, parameters[i]!.length, where))
      parameters.forEach(({ access }, i) => {
        if (access === "scratch") views[i]!.fill(NaN)
      })
      program.functions[kernel]!(...views)
    }
  }

  /** What is written may overlap nothing else. */
  private checkOverlap(kernel: Kernel, refs: readonly BufferRef[]): void {
    const end = (i: number): number =>
      refs[i]!.byteOffset + kernel.buffers[i]!.length * scalarBytes(kernel.buffers[i]!.type)
    for (let i = 0; i < refs.length; i++) {
      for (let j = 0; j < i; j++) {
        if (kernel.buffers[i]!.access === "read" && kernel.buffers[j]!.access === "read") continue
        const apart = refs[i]!.byteOffset >= end(j) || refs[j]!.byteOffset >= end(i)
        if (refs[i]!.allocation !== refs[j]!.allocation || apart) continue
        throw internalError(`buffers ${j} and ${i} overlap`, `reference device: kernel ${kernel.name}`)
      }
    }
  }

  private view({ allocation, byteOffset }: BufferRef, type: Scalar, length: number, where: string): Storage {
    const end = byteOffset + length * scalarBytes(type)
    if (!(allocation instanceof Block) || !allocation.live)
      throw internalError("the block is not in use", where)
    if (byteOffset < 0 || end > allocation.bytes) {
      throw internalError(`bytes ${byteOffset} to ${end} of a block of ${allocation.bytes} bytes`, where)
    }
    return createView(type, allocation.storage, byteOffset, length)
  }

  write(target: BufferRef, dtype: DType, data: TypedArray): void {
    const view = this.view(target, scalarOf[dtype], data.length, "reference device")
    if (dtype === "bool") for (let i = 0; i < data.length; i++) view[i] = data[i] !== 0 ? 1 : 0
    else view.set(data)
  }

  readSync(source: BufferRef, dtype: DType, length: number): TypedArray {
    const out = hostArray(dtype, length)
    out.set(this.view(source, scalarOf[dtype], length, "reference device"))
    return out
  }

  async read(source: BufferRef, dtype: DType, length: number): Promise<TypedArray> {
    return this.readSync(source, dtype, length)
  }
}
