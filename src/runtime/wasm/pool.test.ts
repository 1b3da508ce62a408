import { expect, it } from "vitest"
import { CHUNK_BITS, lineOf, words } from "./control.ts"
import type { PoolMemory } from "./mailbox.ts"
import type { SharedStage } from "./pool.ts"
import { WorkerPool } from "./pool.ts"

const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true })
let taken = 0
let onTake = (): void => {}
const room: PoolMemory = {
  memory,
  take: (bytes) => {
    onTake()
    taken += Math.ceil(bytes / 64) * 64
    return taken - Math.ceil(bytes / 64) * 64
  },
  give: () => {},
}

const stageOf = (turns: number, ownBytes: number, run: SharedStage["run"]): SharedStage => ({
  kernel: 0,
  stage: 0,
  turns,
  work: 1e6,
  own: [{ buffer: 0, bytes: ownBytes }],
  run,
})

it("leaves nothing to claim of a command that is over while the next one is written", () => {
  const pool = new WorkerPool(room, {
    host: { cores: 2, start: () => ({ terminate: () => {} }) },
    threads: 2,
    builtins: [],
    startWork: 0,
    patience: 1000,
  })
  const control = new Int32Array(memory.buffer, 0, words.length)
  const program = { bytes: new Uint8Array(8), id: 1, mail: 0, runs: 1 }
  const parts: number[] = []
  const run = (_pointer: number, from: number, to: number): void => void parts.push(to - from)
  // The worker is up, and does nothing.
  pool.begin({ sharedModules: [program], runs: 1 }, 1e9)
  Atomics.store(control, lineOf(1) + words.worker.ready, 1)
  pool.share(program, stageOf(3, 64, run), [0], 1e9)
  expect(parts).toEqual([1, 1, 1])
  // What the worker would meet that was stopped since then: it has the number of the first command.
  const seen = Atomics.load(control, words.epoch)
  let looked = 0
  onTake = () => {
    looked++
    for (const segment of [0, 1]) {
      const word = Atomics.load(control, words.segments + segment * words.segmentSize)
      const mine = word >>> CHUNK_BITS === (seen & (2 ** (32 - CHUNK_BITS) - 1))
      expect(mine && (word & (2 ** CHUNK_BITS - 1)) < 32).toBe(false)
    }
  }
  parts.length = 0
  // More working memory than before: it is asked for in the middle of writing the command.
  pool.share(program, stageOf(32, 4096, run), [0], 1e9)
  expect(looked).toBe(1)
  expect(parts.length).toBe(32)
})
