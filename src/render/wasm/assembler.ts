import { Bytes } from "./bytes.ts"
import type { Opcode, ValueType } from "./opcodes.ts"
import { opcodes, valueTypes } from "./opcodes.ts"

/** Type of a block that leaves nothing on the stack. */
const EMPTY_BLOCK = 0x40

/** A function that can be called; its index is known once the module is complete. */
export interface FunctionHandle {
  index: number
}

/** The body of one function: its locals and its instructions. Locals are numbered from the parameters on. */
export class FunctionBody {
  private readonly code = new Bytes()
  private readonly calls: { readonly at: number; readonly target: FunctionHandle }[] = []
  private readonly locals: ValueType[] = []
  private readonly parameterCount: number

  constructor(parameterCount: number) {
    this.parameterCount = parameterCount
  }

  local(type: ValueType): number {
    this.locals.push(type)
    return this.parameterCount + this.locals.length - 1
  }

  op(name: Opcode): void {
    const code = opcodes[name]
    if (code > 0xffff) {
      this.code.byte(code >>> 16)
      this.code.unsigned(code & 0xffff)
    } else this.code.byte(code)
  }

  get(local: number): void {
    this.op("local.get")
    this.code.unsigned(local)
  }

  set(local: number): void {
    this.op("local.set")
    this.code.unsigned(local)
  }

  tee(local: number): void {
    this.op("local.tee")
    this.code.unsigned(local)
  }

  i32(value: number): void {
    this.op("i32.const")
    this.code.signed(value)
  }

  /** An i64 constant that fits 32 signed bits. */
  i64(value: number): void {
    this.op("i64.const")
    this.code.signed(value)
  }

  f32(value: number): void {
    this.op("f32.const")
    this.code.float32(value)
  }

  f64(value: number): void {
    this.op("f64.const")
    this.code.float64(value)
  }

  /** A vector constant, its bytes written by `write`. */
  v128(write: (bytes: Bytes) => void): void {
    this.op("v128.const")
    write(this.code)
  }

  /** Reads a constant of the module (see {@link ModuleAssembler.vectorConstant}). */
  global(index: number): void {
    this.op("global.get")
    this.code.unsigned(index)
  }

  /** A load or store; `align` is the base-2 logarithm of the bytes that the address is a multiple of. */
  memory(name: Opcode, align: number, offset: number): void {
    this.op(name)
    this.code.unsigned(align)
    this.code.unsigned(offset)
  }

  memoryLane(name: Opcode, align: number, offset: number, lane: number): void {
    this.memory(name, align, offset)
    this.code.byte(lane)
  }

  lane(name: Opcode, lane: number): void {
    this.op(name)
    this.code.byte(lane)
  }

  /** Four 32-bit words out of the eight of two vectors. */
  shuffleWords(words: readonly [number, number, number, number]): void {
    this.op("i8x16.shuffle")
    for (const word of words) for (let i = 0; i < 4; i++) this.code.byte(4 * word + i)
  }

  /** Calls a function whose index may not be known yet: the place is filled in at the end. */
  call(target: FunctionHandle): void {
    this.op("call")
    this.calls.push({ at: this.code.length, target })
    this.code.paddedIndex(0)
  }

  /** A `block`, `loop` or `if` around what `body` writes; `result` is what it leaves on the stack. */
  nest(name: "block" | "loop" | "if", body: () => void, result?: ValueType): void {
    this.op(name)
    this.code.byte(result === undefined ? EMPTY_BLOCK : valueTypes[result])
    body()
    this.op("end")
  }

  branch(depth: number): void {
    this.op("br")
    this.code.unsigned(depth)
  }

  branchIf(depth: number): void {
    this.op("br_if")
    this.code.unsigned(depth)
  }

  /** The function as an entry of the code section. */
  finish(): Bytes {
    for (const { at, target } of this.calls) this.code.patchIndex(at, target.index)
    const out = new Bytes()
    const runs: { type: ValueType; count: number }[] = []
    for (const type of this.locals) {
      const last = runs.at(-1)
      if (last?.type === type) last.count++
      else runs.push({ type, count: 1 })
    }
    out.unsigned(runs.length)
    for (const { type, count } of runs) {
      out.unsigned(count)
      out.byte(valueTypes[type])
    }
    out.append(this.code.view())
    out.byte(opcodes.end)
    return out
  }
}

export interface Signature {
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
}

interface ImportedFunction extends FunctionHandle {
  readonly name: string
  readonly type: number
}

interface DefinedFunction extends FunctionHandle {
  readonly type: number
  readonly body: FunctionBody
  readonly name: string
  /** Name under which the host finds it. */
  readonly exported: string | undefined
}

export interface MemoryImport {
  readonly shared: boolean
  readonly maximumPages: number
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
const SECTION = { custom: 0, type: 1, import: 2, function: 3, global: 6, export: 7, code: 10 }
const KIND_FUNCTION = 0
const KIND_MEMORY = 2

/** One module: imported memory `env.memory`, imported functions, and functions of its own. */
export class ModuleAssembler {
  private readonly memory: MemoryImport
  private readonly types: Signature[] = []
  private readonly typeIndex = new Map<string, number>()
  private readonly imports: ImportedFunction[] = []
  private readonly functions: DefinedFunction[] = []
  private readonly constants = new Map<string, { readonly index: number; readonly bytes: Bytes }>()

  constructor(memory: MemoryImport) {
    this.memory = memory
  }

  private type(signature: Signature): number {
    const key = `${signature.parameters.join()}:${signature.results.join()}`
    let index = this.typeIndex.get(key)
    if (index === undefined) {
      index = this.types.push(signature) - 1
      this.typeIndex.set(key, index)
    }
    return index
  }

  /** Imports `math.<name>`. */
  importFunction(name: string, signature: Signature): FunctionHandle {
    const handle = { name, type: this.type(signature), index: -1 }
    this.imports.push(handle)
    return handle
  }

  addFunction(name: string, signature: Signature, body: FunctionBody, exported?: string): FunctionHandle {
    const handle = { type: this.type(signature), body, name, exported, index: -1 }
    this.functions.push(handle)
    return handle
  }

  /**
   * An immutable global that holds a vector. V8 reads it with one instruction, where it builds a `v128.const` anew
   * at every use from three or more.
   */
  vectorConstant(write: (bytes: Bytes) => void): number {
    const bytes = new Bytes()
    write(bytes)
    const key = bytes.view().join()
    let constant = this.constants.get(key)
    if (constant === undefined) {
      constant = { index: this.constants.size, bytes }
      this.constants.set(key, constant)
    }
    return constant.index
  }

  finish(): Uint8Array<ArrayBuffer> {
    // Imports are numbered before all functions.
    for (const [i, handle] of [...this.imports, ...this.functions].entries()) handle.index = i
    const out = new Bytes()
    for (const byte of MAGIC) out.byte(byte)
    section(out, SECTION.type, (s) => vector(s, this.types, writeSignature))
    section(out, SECTION.import, (s) => this.writeImports(s))
    section(out, SECTION.function, (s) => vector(s, this.functions, (to, f) => to.unsigned(f.type)))
    section(out, SECTION.global, (s) => vector(s, [...this.constants.values()], writeConstant))
    section(out, SECTION.export, (s) => this.writeExports(s))
    section(out, SECTION.code, (s) => vector(s, this.functions, (to, f) => to.appendSized(f.body.finish())))
    section(out, SECTION.custom, (s) => this.writeNames(s))
    return out.view().slice()
  }

  private writeImports(s: Bytes): void {
    s.unsigned(this.imports.length + 1)
    s.name("env")
    s.name("memory")
    s.byte(KIND_MEMORY)
    // Flags: 1 has a maximum, 2 is shared.
    s.byte(this.memory.shared ? 3 : 1)
    s.unsigned(0)
    s.unsigned(this.memory.maximumPages)
    for (const { name, type } of this.imports) {
      s.name("math")
      s.name(name)
      s.byte(KIND_FUNCTION)
      s.unsigned(type)
    }
  }

  private writeExports(s: Bytes): void {
    const entries = this.functions.filter(({ exported }) => exported !== undefined)
    vector(s, entries, (to, { exported, index }) => {
      to.name(exported!)
      to.byte(KIND_FUNCTION)
      to.unsigned(index)
    })
  }

  /** The name section: what profilers and stack traces show. */
  private writeNames(s: Bytes): void {
    s.name("name")
    const names = new Bytes()
    vector(names, this.functions, (to, { name, index }) => {
      to.unsigned(index)
      to.name(name)
    })
    s.byte(1)
    s.appendSized(names)
  }
}

function section(out: Bytes, id: number, write: (section: Bytes) => void): void {
  const content = new Bytes()
  write(content)
  out.byte(id)
  out.appendSized(content)
}

function vector<T>(out: Bytes, items: readonly T[], write: (out: Bytes, item: T) => void): void {
  out.unsigned(items.length)
  for (const item of items) write(out, item)
}

function writeSignature(out: Bytes, { parameters, results }: Signature): void {
  out.byte(0x60)
  vector(out, parameters, (to, type) => to.byte(valueTypes[type]))
  vector(out, results, (to, type) => to.byte(valueTypes[type]))
}

function writeConstant(out: Bytes, { bytes }: { readonly bytes: Bytes }): void {
  out.byte(valueTypes.v128)
  out.byte(0)
  out.byte(opcodes["v128.const"] >>> 16)
  out.unsigned(opcodes["v128.const"] & 0xffff)
  out.append(bytes.view())
  out.byte(opcodes.end)
}
