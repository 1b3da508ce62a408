import { words as at, lineOf } from "./control.ts"

/** A module that workers can load. */
export interface SharedModule {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The workers' number for it; 0 before they are told of it. */
  id: number
  /** Number of the mail that last brought it. */
  mail: number
}

/** Memory for the threads' own affairs, apart from what the device hands out. */
export interface PoolMemory {
  readonly memory: WebAssembly.Memory
  /** An address, or undefined when there is no room. */
  take(bytes: number): number | undefined
  give(address: number, bytes: number): void
}

interface Mail {
  readonly number: number
  readonly address: number
  readonly bytes: number
}

interface Reader {
  readonly id: number
}

/**
 * Programs on their way to the workers. The bytes lie in the shared memory until every worker has read them, or a later
 * mail; a worker that has missed one asks for it when it is to run it.
 */
export class Mailbox {
  private readonly memory: PoolMemory
  private readonly words: Int32Array
  private programs = 0
  private mails: readonly Mail[] = []

  constructor(memory: PoolMemory, words: Int32Array) {
    this.memory = memory
    this.words = words
  }

  /** Whether somebody who is `active` has yet to get a program. */
  isWanted(program: SharedModule, active: readonly Reader[]): boolean {
    return program.mail === 0 || active.some(({ id }) => this.lacks(id, program))
  }

  /** Sees that those who are `active` get a program. Says whether they have it or are about to. */
  bring(program: SharedModule, workers: readonly Reader[], active: readonly Reader[]): boolean {
    if (this.mails.length > 0) this.dropRead(workers)
    const known = program.mail > 0
    if (!this.isWanted(program, active)) return true
    const bytes = program.bytes.length
    const address = this.memory.take(bytes)
    if (address === undefined) return known
    if (!known) program.id = ++this.programs
    new Uint8Array(this.memory.memory.buffer, address, bytes).set(program.bytes)
    for (const { id } of active) {
      Atomics.compareExchange(this.words, lineOf(id) + at.worker.wants, program.id, 0)
    }
    program.mail = this.post(program.id, address, bytes)
    this.mails = [...this.mails, { number: program.mail, address, bytes }]
    return true
  }

  private post(program: number, address: number, bytes: number): number {
    const { words } = this
    const number = Atomics.load(words, at.mail) + 2
    Atomics.store(words, at.mail, number - 1)
    words[at.mailProgram] = program
    words[at.mailAddress] = address
    words[at.mailBytes] = bytes
    Atomics.store(words, at.mail, number)
    return number
  }

  /** Whether a worker has asked for a program and has read the mail that brought it, or a later one. */
  private lacks(id: number, { id: program, mail }: SharedModule): boolean {
    const line = lineOf(id)
    if (Atomics.load(this.words, line + at.worker.wants) !== program) return false
    return Atomics.load(this.words, line + at.worker.mail) >= mail
  }

  /** Gives back the memory of what every worker has read; those that are parked read nothing. */
  private dropRead(workers: readonly Reader[]): void {
    let read = Number.POSITIVE_INFINITY
    for (const { id } of workers) {
      const [parked, asleep, mail] = [at.worker.parked, at.worker.asleep, at.worker.mail].map((word) =>
        Atomics.load(this.words, lineOf(id) + word),
      )
      if (parked === 0 || asleep !== 2) read = Math.min(read, mail!)
    }
    this.mails = this.mails.filter(({ number, address, bytes }) => {
      if (number > read) return true
      this.memory.give(address, bytes)
      return false
    })
  }
}
