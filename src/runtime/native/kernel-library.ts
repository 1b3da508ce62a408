import { existsSync, writeFileSync } from "node:fs"
import { arch, cpus } from "node:os"
import { join } from "node:path"
import { NablaError } from "../../base/index.ts"
import type { BlasLibrary } from "./blas.ts"
import type { ObjectCache } from "./cache.ts"
import type { CompileJob, Compiler } from "./compiler.ts"
import { checkCompiled, compileFile, compileInBackground, compileTogether } from "./compiler.ts"
import { addressOf, foreignCalls } from "./foreign.ts"
import { POOL_TEXT } from "./pool.ts"

/** Kernels as C. Those with the same text are compiled once in a process. */
export interface NativeCode {
  readonly kernels: readonly string[]
  /** Texts that would do for a kernel, should one of them have been compiled already. */
  readonly alike?: (kernel: number) => readonly string[]
  /** For each kernel the numbers that it reads from memory: its last two buffers, where there are any. */
  readonly sizes?: readonly Sizes[]
  /** A C file of some of the kernels. It exports `nabla_kernels(double* addresses)`, which gives where they are. */
  readonly unit: (which: readonly number[]) => NativeUnit
}

export interface Sizes {
  readonly integers: readonly number[]
  readonly floats: readonly number[]
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
  /** Where the sizes of each kernel are, as far as it has any. */
  readonly sizes: readonly (readonly number[])[]
  /** The memory of those sizes. */
  readonly held: ArrayBuffer
}

/** Kernels below which it does not pay to start another compiler. */
const KERNELS_OF_A_UNIT = 4

/** Files that this process has written, all in one folder. */
let prepared = 0

/** Runs `count` calls from a table in memory. */
export type Launch = (table: number, count: number, threads: number) => void

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

/** Libraries stay loaded as long as the process runs: threads may be in them. */
const libraries: unknown[] = []

function loadLibrary(path: string): ReturnType<ReturnType<typeof foreignCalls>["load"]> {
  const library = foreignCalls().load(path)
  libraries.push(library)
  return library
}

function loadPool(path: string): Launch {
  return loadLibrary(path).func("void nabla_run(uintptr_t calls, double count, double threads)") as Launch
}

function loadKernels(path: string, count: number): Float64Array {
  const addresses = new Float64Array(new ArrayBuffer(8 * count))
  loadLibrary(path).func("void nabla_kernels(void* addresses)")(addresses)
  return addresses
}

function loading<T>(load: () => T): T {
  try {
    return load()
  } catch (cause) {
    throw new NablaError("NABLA_DEVICE_FAILED", {
      message: `compiled code cannot be loaded: ${String(cause)}`,
      where: "native device",
      hint: "the folder for temporary files may forbid running code: name another one in TMPDIR",
      cause,
    })
  }
}

/** Puts the sizes of kernels into memory that stays where it is. */
function placeSizes(all: readonly Sizes[]): Pick<NativeProgram, "sizes" | "held"> {
  const room = ({ integers, floats }: Sizes): number => floats.length + Math.ceil(integers.length / 2)
  const held = new ArrayBuffer(
    8 *
      Math.max(
        1,
        all.reduce((total, sizes) => total + room(sizes), 0),
      ),
  )
  const start = addressOf(held)
  let at = 0
  const sizes = all.map((own) => {
    const { integers, floats } = own
    if (room(own) === 0) return []
    new Float64Array(held, 8 * at, floats.length).set(floats)
    new Int32Array(held, 8 * (at + floats.length), integers.length).set(integers)
    const places = [start + 8 * (at + floats.length), start + 8 * at]
    at += room(own)
    return places
  })
  return { sizes, held }
}

/** What a program needs, with the files that still have to be compiled for it. */
interface Build {
  readonly code: NativeCode
  /** Kernels, by their number in the code, of each of the units. */
  readonly groups: readonly (readonly number[])[]
  readonly units: readonly Unit[]
  /** What runs kernels, in a library's first build. */
  readonly runner: Unit | null
  readonly jobs: readonly CompileJob[]
}

/** A program that is being compiled: null until it is there. */
export type ComingProgram = () => NativeProgram | null

/** Compiled code: makes programs of texts, and compiles what it has not met yet. */
export class KernelLibrary {
  private readonly compiler: Compiler
  private readonly blas: BlasLibrary | null
  private readonly cache: ObjectCache
  private readonly machine: readonly string[]
  /** Addresses of compiled kernels by their text. */
  private readonly known = new Map<string, number>()
  private loadedRunner: Launch | null = null

  constructor(compiler: Compiler, blas: BlasLibrary | null, cache: ObjectCache) {
    this.compiler = compiler
    this.blas = blas
    this.cache = cache
    this.machine = [compiler.macros, compiler.flags.join(" "), cpus()[0]?.model ?? arch()]
  }

  /** Runs kernels, of whichever program: there when the first has been compiled. */
  get launch(): Launch | null {
    return this.loadedRunner
  }

  /** @param most files that are compiled at once */
  compile(code: NativeCode, most: number): NativeProgram {
    const build = this.begin(code, most)
    // Side by side at first: what failed there is compiled again by itself, to be told why.
    if (build.jobs.length > 1) compileTogether(this.compiler, build.jobs)
    return this.finish(build)
  }

  /** Compiles in the background. The function that it gives throws what went wrong. */
  compileLater(code: NativeCode, most: number): ComingProgram {
    const build = this.begin(code, most)
    const { jobs } = build
    if (jobs.length === 0) return () => this.finish(build)
    const work = compileInBackground(this.compiler, jobs)
    return () => {
      if (work.state === "running") return null
      checkCompiled(this.compiler, jobs, work)
      return this.finish(build)
    }
  }

  /** Finds out what is missing, and writes it down for the compiler. */
  private begin(code: NativeCode, most: number): Build {
    const missing = new Map<string, number>()
    for (const [i, text] of code.kernels.entries()) {
      if (this.known.has(text)) continue
      // To write those texts takes longer than to write the kernel's own.
      const others = this.known.size === 0 ? [] : (code.alike?.(i) ?? [])
      const alike = others.find((other) => this.known.has(other))
      if (alike === undefined) missing.set(text, i)
      else this.known.set(text, this.known.get(alike)!)
    }
    const groups = divide(code.kernels, [...missing.values()], most)
    const units = groups.map((which) => this.unit(code.unit(which)))
    const runner = this.loadedRunner === null ? this.unit({ text: POOL_TEXT, blas: false }) : null
    const all = runner === null ? units : [...units, runner]
    return { code, groups, units, runner, jobs: all.flatMap(({ job }) => (job === null ? [] : [job])) }
  }

  private finish({ code, groups, units, runner }: Build): NativeProgram {
    if (runner !== null) this.loadedRunner ??= this.load(runner, loadPool)
    for (const [i, unit] of units.entries()) {
      const addresses = this.load(unit, (path) => loadKernels(path, groups[i]!.length))
      for (const [at, kernel] of groups[i]!.entries()) this.known.set(code.kernels[kernel]!, addresses[at]!)
    }
    const addresses = code.kernels.map((text) => this.known.get(text)!)
    return { kernelCount: code.kernels.length, addresses, ...placeSizes(code.sizes ?? []) }
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
  private load<T>({ key, text, libraries, kept, job }: Unit, load: (path: string) => T): T {
    if (kept !== undefined) {
      try {
        return loading(() => load(kept))
      } catch {
        this.cache.drop(kept)
      }
    }
    const { object, source } = job ?? this.prepare(key, text, libraries)
    if (!existsSync(object)) compileFile(this.compiler, { source, object, libraries })
    return loading(() => load(this.cache.keep(key, object)))
  }
}

/** Kernels in groups of about the same length, as many as can be compiled at once. */
function divide(texts: readonly string[], which: readonly number[], most: number): number[][] {
  const count = Math.min(most, Math.ceil(which.length / KERNELS_OF_A_UNIT))
  const groups = Array.from({ length: count }, () => ({ length: 0, which: [] as number[] }))
  for (const i of which) {
    const shortest = groups.reduce((a, b) => (b.length < a.length ? b : a))
    shortest.which.push(i)
    shortest.length += texts[i]!.length
  }
  return groups.map((group) => group.which)
}
