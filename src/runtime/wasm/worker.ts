import type { words as layout } from "./control.ts"

export interface WorkerStart {
  readonly memory: WebAssembly.Memory
  /** The byte address of the control block, and its layout. */
  readonly control: number
  readonly words: typeof layout
  readonly chunkBits: number
  /** From 1 on: 0 is the calling thread. */
  readonly id: number
  /** Functions of `math` that are those of the global Math; others are not there. */
  readonly builtins: readonly string[]
  /** Milliseconds that an idle worker keeps looking for a command before it sleeps. */
  readonly spin: number
  /** Programs that a worker keeps. */
  readonly kept: number
}

type Stage = (...parameters: number[]) => void

/**
 * What a worker does, for ever: wait for a command, load the program when it is new, claim chunks and run them. The
 * text of this function is the worker's whole program, so that it needs no file of its own: it must use nothing but
 * its argument and globals of every JavaScript engine. Its parts are methods, and it spreads and iterates nothing, since
 * bundlers put helpers of their own into functions with names, and into new syntax when they write it in an older one.
 */
export function workerMain(start: WorkerStart): void {
  const { memory, words: at, id, builtins, chunkBits } = start
  const words = new Int32Array(memory.buffer, start.control, at.length)
  const mine = at.workers + id * at.worker.size
  const epochMask = 2 ** (32 - chunkBits) - 1
  const chunkMask = 2 ** chunkBits - 1
  const programs = new Map<number, WebAssembly.Exports>()
  const math = Math as unknown as Record<string, WebAssembly.ImportValue>
  let seen = Atomics.load(words, at.epoch)
  let mailSeen = Atomics.load(words, mine + at.worker.mail)

  const worker = {
    awaitCommand(): void {
      let until = performance.now() + start.spin
      for (;;) {
        for (let i = 0; i < 200; i++) {
          const epoch = Atomics.load(words, at.epoch)
          if (epoch === seen) continue
          seen = epoch
          return
        }
        if (performance.now() < until) continue
        Atomics.store(words, mine + at.worker.asleep, 1)
        Atomics.wait(words, at.epoch, seen)
        Atomics.store(words, mine + at.worker.asleep, 0)
        until = performance.now() + start.spin
      }
    },

    /** While fewer threads are wanted; mails of the meantime are gone. */
    stayParked(): void {
      Atomics.store(words, mine + at.worker.asleep, 2)
      Atomics.wait(words, mine + at.worker.parked, 1)
      Atomics.store(words, mine + at.worker.asleep, 0)
      mailSeen = Atomics.load(words, mine + at.worker.mail)
    },

    /** Stands for functions that are not there; kernels that call them do not come here. */
    missing(): never {
      throw new Error("a function of the calling thread alone")
    },

    instantiate(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Exports {
      const module = new WebAssembly.Module(bytes)
      const functions: Record<string, WebAssembly.ImportValue> = {}
      const imports = WebAssembly.Module.imports(module)
      for (let i = 0; i < imports.length; i++) {
        const { module: from, name } = imports[i]!
        if (from === "math") functions[name] = builtins.includes(name) ? math[name]! : worker.missing
      }
      return new WebAssembly.Instance(module, { env: { memory }, math: functions }).exports
    },

    readMail(): void {
      const number = Atomics.load(words, at.mail)
      // An odd number says that it is being written.
      if (number === mailSeen || number % 2 !== 0) return
      const program = words[at.mailProgram]!
      const address = words[at.mailAddress]! >>> 0
      const length = words[at.mailBytes]!
      if (Atomics.load(words, at.mail) !== number) return
      // Growing by nothing makes the buffer as long as another thread has made it.
      memory.grow(0)
      const bytes = new Uint8Array(length)
      bytes.set(new Uint8Array(memory.buffer, address, length))
      mailSeen = number
      Atomics.store(words, mine + at.worker.mail, number)
      if (programs.has(program)) return
      programs.set(program, worker.instantiate(bytes))
      if (programs.size > start.kept) programs.delete(programs.keys().next().value!)
    },

    /** The number of a chunk that nobody else has, or −1. */
    claim(segment: number, end: number): number {
      const word = at.segments + segment * at.segmentSize
      for (;;) {
        const value = Atomics.load(words, word)
        if (value >>> chunkBits !== (seen & epochMask)) return -1
        const chunk = value & chunkMask
        if (chunk >= end) return -1
        if (Atomics.compareExchange(words, word, value, value + 1) === value) return chunk
      }
    },

    takePart(): void {
      const program = words[at.program]!
      const found = programs.get(program)
      if (found === undefined) {
        Atomics.store(words, mine + at.worker.wants, program)
        return
      }
      const stage = found[`k${words[at.kernel]!}.${words[at.stage]!}`] as Stage
      const turns = words[at.turns]!
      const chunks = words[at.chunks]!
      const segments = words[at.segmentCount]!
      const buffers = words[at.bufferCount]!
      const parameters = Array.from(words.subarray(at.pointers, at.pointers + buffers))
      const ownMemory = words[at.ownAddress]! + id * words[at.ownStride]!
      for (let i = 0; i < words[at.ownCount]!; i++) {
        parameters[words[at.own + 2 * i]!] = ownMemory + words[at.own + 2 * i + 1]!
      }
      for (let i = 0; i < segments; i++) {
        const segment = (id + i) % segments
        const end = Math.floor(((segment + 1) * chunks) / segments)
        for (;;) {
          // What was read above is the command of this epoch if there is still something of it to claim.
          const chunk = worker.claim(segment, end)
          if (chunk < 0) break
          parameters[buffers] = Math.floor((chunk * turns) / chunks)
          parameters[buffers + 1] = Math.floor(((chunk + 1) * turns) / chunks)
          try {
            stage.apply(null, parameters)
          } catch {
            // The calling thread tries again and meets the error itself.
            Atomics.store(words, at.failed, 1)
          }
          Atomics.add(words, at.done, 1)
          if (Atomics.load(words, at.waiting) === 1) Atomics.notify(words, at.done)
        }
      }
    },
  }

  Atomics.store(words, mine + at.worker.ready, 1)
  while (Atomics.load(words, at.quit) === 0) {
    if (Atomics.load(words, mine + at.worker.parked) === 1) worker.stayParked()
    else {
      worker.awaitCommand()
      worker.readMail()
      worker.takePart()
    }
  }
  // Workers of browsers live on with their event loop.
  ;(globalThis as { close?: () => void }).close?.()
}

/** The text of a program that runs {@link workerMain} on what the expression `start` gives. */
export function workerText(start: string): string {
  return `"use strict";\n(${workerMain.toString()})(${start})`
}
