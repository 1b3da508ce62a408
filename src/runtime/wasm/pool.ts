import { internalError, NablaError } from "../../base/index.ts"
import { Benefit } from "./benefit.ts"
import { words as at, CHUNK_BITS, CHUNKS, lineOf, MOST_BUFFERS, MOST_OWN, MOST_THREADS } from "./control.ts"
import type { PoolMemory, SharedModule } from "./mailbox.ts"
import { Mailbox } from "./mailbox.ts"
import type { WorkerHandle, WorkerHost } from "./workers.ts"

/** A stage of a kernel that threads share out. */
export interface SharedStage {
  readonly kernel: number
  readonly stage: number
  readonly turns: number
  /** Roughly its operations, in units of about 0.3 ns. */
  readonly work: number
  readonly own: readonly { readonly buffer: number; readonly bytes: number }[]
  readonly run: (...parameters: number[]) => void
}

export interface PoolOptions {
  readonly host: WorkerHost
  /** The calling thread included. */
  readonly threads: number
  readonly builtins: readonly string[]
  /** Operations of shared work after which workers are started. */
  readonly startWork: number
  /** Milliseconds without any progress of a worker that holds a chunk, after which it counts as lost. */
  readonly patience: number
}

/** Operations that must lie ahead for it to pay to wake sleeping workers: some 120 µs. */
const WAKE_WORK = 400_000
/** Milliseconds that workers, and the calling thread at the end of a stage, look before they sleep. */
const WORKER_SPIN = 0.1
const CALLER_SPIN = 0.05
/** Milliseconds of one sleep of the calling thread. */
const NAP = 50
/** A claim word beyond the end of every command. */
const NOTHING_LEFT = 2 ** CHUNK_BITS - 1
const PROGRAMS_KEPT = 256

/** What is asked of the pool at once: modules, and how often it has been asked. */
export interface PoolProgram {
  readonly sharedModules: readonly SharedModule[]
  runs: number
}

interface PoolWorker {
  readonly id: number
  handle: WorkerHandle | null
}

/**
 * Workers on one shared memory. They are started when there has been enough work for them, in the background: until
 * they are there the calling thread does everything.
 */
export class WorkerPool {
  private readonly memory: PoolMemory
  private readonly options: PoolOptions
  private readonly control: number
  private readonly words: Int32Array
  private readonly mayWait: boolean
  private readonly mailbox: Mailbox
  private readonly benefit = new Benefit()
  private workers: PoolWorker[] = []
  /** Those that are not parked. */
  private active: readonly PoolWorker[] = []
  private threads: number
  private lastId = 0
  private worked = 0
  private closed = false
  /** The epoch of the present command, as it stands in claim words. */
  private tag = 0
  /** Its claim words. */
  private segments = 0
  private own = { address: 0, stride: 0, bytes: 0 }
  private readonly parameters: number[] = []
  /** Chunks that workers did. */
  helped = 0
  /** Why there are fewer workers than there should be. */
  trouble: string | null = null

  constructor(memory: PoolMemory, options: PoolOptions) {
    this.memory = memory
    this.options = options
    this.threads = Math.min(options.threads, MOST_THREADS)
    const control = memory.take(4 * at.length)
    if (control === undefined) throw internalError("no room for the pool's words", "wasm device")
    this.control = control
    this.words = new Int32Array(memory.memory.buffer, control, at.length).fill(0)
    this.mayWait = mayWait(this.words)
    this.mailbox = new Mailbox(memory, this.words)
  }

  // Workers ----------------------------------------------------------------------------------------------------------

  /** Threads that there are, or will be when there is work for them. */
  get threadCount(): number {
    if (this.trouble === null) return this.threads
    return Math.min(this.threads, 1 + this.workers.length)
  }

  /** Workers that can take part. */
  get readyCount(): number {
    return this.count(at.worker.ready, 1)
  }

  /** Changes the number of threads: workers beyond it are parked. */
  setThreads(threads: number): void {
    this.threads = Math.min(threads, MOST_THREADS)
    const { words } = this
    for (const [i, { id }] of this.workers.entries()) {
      const line = lineOf(id)
      const parked = i < this.threads - 1 ? 0 : 1
      if (Atomics.load(words, line + at.worker.parked) === parked) continue
      // It may not read a mail whose memory has been given back since.
      if (parked === 0) Atomics.store(words, line + at.worker.mail, Atomics.load(words, at.mail))
      Atomics.store(words, line + at.worker.parked, parked)
      Atomics.notify(words, line + at.worker.parked)
    }
    this.active = this.workers.slice(0, this.threads - 1)
  }

  /** Ends all workers, for good. */
  close(): void {
    this.closed = true
    Atomics.store(this.words, at.quit, 1)
    this.setThreads(MOST_THREADS)
    this.threads = 1
    this.active = []
    this.raiseEpoch()
    Atomics.notify(this.words, at.epoch)
  }

  private startWorkers(): void {
    while (
      this.workers.length < this.threads - 1 &&
      this.trouble === null &&
      this.lastId < MOST_THREADS - 1
    ) {
      const worker: PoolWorker = { id: ++this.lastId, handle: null }
      Atomics.store(this.words, lineOf(worker.id) + at.worker.mail, Atomics.load(this.words, at.mail))
      try {
        worker.handle = this.start(worker)
        this.workers.push(worker)
      } catch (cause) {
        this.trouble = `workers do not start: ${cause instanceof Error ? cause.message : String(cause)}`
      }
    }
    this.active = this.workers.slice(0, this.threads - 1)
  }

  private start(worker: PoolWorker): WorkerHandle {
    const { host, builtins } = this.options
    const start = {
      memory: this.memory.memory,
      control: this.control,
      words: at,
      chunkBits: CHUNK_BITS,
      id: worker.id,
      builtins,
      spin: WORKER_SPIN,
      kept: PROGRAMS_KEPT,
    }
    return host.start(start, (reason) => this.lose(worker, reason))
  }

  /** A worker that has ended is not replaced: what ended it would end the next one too. */
  private lose(worker: PoolWorker, reason: string): void {
    if (this.closed) return
    this.workers = this.workers.filter((other) => other !== worker)
    this.active = this.workers.slice(0, this.threads - 1)
    this.trouble ??= `a worker ended: ${reason}`
  }

  /** Workers whose word has a value. */
  private count(word: number, value: number): number {
    let count = 0
    for (const { id } of this.active) if (Atomics.load(this.words, lineOf(id) + word) === value) count++
    return count
  }

  // Programs ---------------------------------------------------------------------------------------------------------

  /**
   * To be called before a program runs, with the operations of its shared stages. Says whether its stages may be
   * shared: not while there are no workers, nor when the work is so little that it is no use to wake them, nor in a
   * program's first run, since many run only once.
   */
  begin(program: PoolProgram, work: number): boolean {
    if (this.threads === 1) return false
    if (this.workers.length < this.threads - 1 && this.trouble === null) {
      this.worked += work
      if (this.worked < this.options.startWork) return false
      this.startWorkers()
    }
    const ready = this.readyCount
    if (!this.benefit.expected(performance.now())) return false
    if (ready === 0 || (work < WAKE_WORK && this.count(at.worker.asleep, 1) === ready)) return false
    return ++program.runs > 1 && this.bring(program.sharedModules)
  }

  /** Sees that workers get the modules of a program, one at each run. Says whether they have one or are about to. */
  private bring(modules: readonly SharedModule[]): boolean {
    const { mailbox, active, workers } = this
    const next = modules.find((module) => mailbox.isWanted(module, active)) ?? modules[0]!
    return mailbox.bring(next, workers, active)
  }

  // Stages -----------------------------------------------------------------------------------------------------------

  /** Runs a stage on all threads. `ahead` is the work of the program from here on. */
  share(program: SharedModule, stage: SharedStage, pointers: readonly number[], ahead: number): void {
    const { parameters, words } = this
    const { turns } = stage
    parameters.length = 0
    for (const pointer of pointers) parameters.push(pointer)
    parameters.push(0, turns)
    const chunks = Math.min(turns, CHUNKS)
    const segments = Math.min(this.active.length + 1, chunks)
    if (!this.command(program, stage, pointers, chunks, segments)) return stage.run(...parameters)
    if (ahead >= WAKE_WORK && this.count(at.worker.asleep, 1) > 0) Atomics.notify(words, at.epoch)
    const start = performance.now()
    const { own, failure } = this.takePart(stage, pointers.length, chunks, segments)
    const worked = performance.now()
    this.finish(chunks, stage.work)
    this.benefit.note(start, worked, performance.now(), own, chunks)
    this.helped += chunks - own
    if (failure !== null) throw failure
    if (Atomics.load(words, at.failed) === 0) return
    // A worker met an error: here it is met again, with its message, if it is one of the kernel.
    parameters[pointers.length] = 0
    parameters[pointers.length + 1] = turns
    stage.run(...parameters)
    // A kernel that works in place does not give the same when it is run again.
    if (new Set(pointers).size < pointers.length) throw this.lost()
  }

  /** Does chunks until there are none left: how many, and what went wrong. An error ends its chunk, not the stage. */
  private takePart(
    { run, turns }: SharedStage,
    buffers: number,
    chunks: number,
    segments: number,
  ): { own: number; failure: unknown } {
    const { parameters } = this
    let own = 0
    let failure: unknown = null
    for (let segment = 0; segment < segments; segment++) {
      const end = Math.floor(((segment + 1) * chunks) / segments)
      for (let chunk = this.claim(segment, end); chunk >= 0; chunk = this.claim(segment, end)) {
        parameters[buffers] = Math.floor((chunk * turns) / chunks)
        parameters[buffers + 1] = Math.floor(((chunk + 1) * turns) / chunks)
        try {
          run(...parameters)
        } catch (cause) {
          failure ??= cause
        }
        own++
        Atomics.add(this.words, at.done, 1)
      }
    }
    return { own, failure }
  }

  /** Tells the workers of a stage, if it is one that they can be told of. */
  private command(
    program: SharedModule,
    stage: SharedStage,
    pointers: readonly number[],
    chunks: number,
    segments: number,
  ): boolean {
    const { words } = this
    if (pointers.length > MOST_BUFFERS) return false
    this.closeClaims()
    if (!this.ownMemory(stage)) return false
    words[at.program] = program.id
    words[at.kernel] = stage.kernel
    words[at.stage] = stage.stage
    words[at.turns] = stage.turns
    words[at.chunks] = chunks
    words[at.segmentCount] = segments
    words[at.bufferCount] = pointers.length
    for (let i = 0; i < pointers.length; i++) words[at.pointers + i] = pointers[i]!
    const epoch = (Atomics.load(words, at.epoch) + 1) | 0
    const tag = (epoch << CHUNK_BITS) >>> 0
    for (let segment = 0; segment < segments; segment++) {
      const first = Math.floor((segment * chunks) / segments)
      Atomics.store(words, at.segments + segment * at.segmentSize, tag | first)
    }
    Atomics.store(words, at.done, 0)
    Atomics.store(words, at.failed, 0)
    this.segments = segments
    this.tag = tag >>> CHUNK_BITS
    this.raiseEpoch()
    return true
  }

  /**
   * Takes the last command's claim words away, before anything of it is overwritten: a worker that comes to it only now,
   * and reads some of the next command, would find chunks left in a longer one.
   */
  private closeClaims(): void {
    for (let segment = 0; segment < this.segments; segment++) {
      Atomics.store(this.words, at.segments + segment * at.segmentSize, NOTHING_LEFT)
    }
  }

  private raiseEpoch(): void {
    Atomics.store(this.words, at.epoch, (Atomics.load(this.words, at.epoch) + 1) | 0)
  }

  /** Working memory for the workers; the calling thread has what the plan gives it. */
  private ownMemory({ own }: SharedStage): boolean {
    const { words } = this
    if (own.length > MOST_OWN) return false
    let stride = 0
    own.forEach(({ buffer, bytes }, i) => {
      words[at.own + 2 * i] = buffer
      words[at.own + 2 * i + 1] = stride
      stride += Math.ceil(bytes / 64) * 64
    })
    if (stride > this.own.stride || this.lastId * this.own.stride > this.own.bytes) {
      const wide = Math.max(stride, this.own.stride)
      const address = this.memory.take(wide * this.lastId)
      if (address === undefined) return false
      if (this.own.bytes > 0) this.memory.give(this.own.address, this.own.bytes)
      this.own = { address, stride: wide, bytes: wide * this.lastId }
    }
    words[at.ownAddress] = this.own.address - this.own.stride
    words[at.ownStride] = this.own.stride
    words[at.ownCount] = own.length
    return true
  }

  private claim(segment: number, end: number): number {
    const { words } = this
    const word = at.segments + segment * at.segmentSize
    for (;;) {
      const value = Atomics.load(words, word)
      if (value >>> CHUNK_BITS !== this.tag) return -1
      const chunk = value & (2 ** CHUNK_BITS - 1)
      if (chunk >= end) return -1
      if (Atomics.compareExchange(words, word, value, value + 1) === value) return chunk
    }
  }

  /** Waits until the chunks that workers hold are done. */
  private finish(chunks: number, work: number): void {
    const { words } = this
    for (let i = 0; i < 100; i++) if (Atomics.load(words, at.done) === chunks) return
    const until = performance.now() + CALLER_SPIN
    while (!this.mayWait || performance.now() < until) {
      for (let i = 0; i < 100; i++) if (Atomics.load(words, at.done) === chunks) return
      if (!this.mayWait && performance.now() > until + this.options.patience) this.lost()
    }
    // Counted in naps and not by the clock, since the whole process may have been stopped for an hour.
    let naps = Math.ceil((this.options.patience + work * 1e-5) / NAP)
    Atomics.store(words, at.waiting, 1)
    for (let done = Atomics.load(words, at.done); done !== chunks; done = Atomics.load(words, at.done)) {
      if (Atomics.wait(words, at.done, done, NAP) === "timed-out" && naps-- === 0) this.lost()
    }
    Atomics.store(words, at.waiting, 0)
  }

  /** A worker holds work and does not finish it: without knowing what it has written no result is right. */
  private lost(): never {
    this.trouble = "a worker stopped in the middle of its work"
    for (const { handle } of this.workers.splice(0)) handle?.terminate()
    this.active = []
    throw new NablaError("NABLA_DEVICE_FAILED", {
      message: "a worker thread stopped in the middle of a kernel, so that what it computed is lost",
      where: "wasm device",
      hint: "compute the step again: the device goes on with one thread",
    })
  }
}

/** Whether this thread may sleep: the main thread of a page may not. */
function mayWait(words: Int32Array): boolean {
  try {
    Atomics.wait(words, at.waiting, 1, 0)
    return true
  } catch {
    return false
  }
}
