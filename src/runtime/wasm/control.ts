/**
 * Where threads meet: 32-bit words at the start of a block of the shared memory. The calling thread writes a command
 * (one stage of a kernel) and raises the epoch; whoever is there claims chunks of turns, runs them and counts them as
 * done. Each word that several threads write has a cache line to itself.
 *
 * Nobody waits for a worker that has claimed nothing: one that is asleep, late or dead costs nothing but its help. A
 * worker that comes late cannot claim a chunk of a later command by mistake, since each claim carries the epoch.
 */
const LINE = 16

/** Threads that can share out one stage, the calling one included. */
export const MOST_THREADS = 64
/** Buffers of a stage that threads share. */
export const MOST_BUFFERS = 240
/** Chunks that a stage's turns are dealt in. */
export const CHUNKS = 32
/** A claim word holds the epoch above and the next chunk below. */
export const CHUNK_BITS = 8

const workers = 12 * LINE
const segments = workers + MOST_THREADS * LINE
const pointers = segments + MOST_THREADS * LINE

export const words = {
  /** Number of the latest command; workers sleep on it. */
  epoch: 0,
  /** Chunks of the command that are done; the calling thread sleeps on it when `waiting` is 1. */
  done: LINE,
  waiting: 2 * LINE,
  /** 1 when a chunk of the command stopped with an error. */
  failed: 3 * LINE,
  /** 1 when workers shall end. */
  quit: 4 * LINE,
  /** Number of the latest mail, odd while it is written; then which program it is and where its bytes lie. */
  mail: 5 * LINE,
  mailProgram: 5 * LINE + 1,
  mailAddress: 5 * LINE + 2,
  mailBytes: 5 * LINE + 3,
  // The command.
  program: 6 * LINE,
  kernel: 6 * LINE + 1,
  stage: 6 * LINE + 2,
  turns: 6 * LINE + 3,
  chunks: 6 * LINE + 4,
  segmentCount: 6 * LINE + 5,
  bufferCount: 6 * LINE + 6,
  /** Where the workers' own working memory begins, and how far apart that of two workers is. */
  ownAddress: 6 * LINE + 7,
  ownStride: 6 * LINE + 8,
  ownCount: 6 * LINE + 9,
  /** Pairs of a buffer's number and its offset in a worker's own memory. */
  own: 7 * LINE,
  /**
   * A line for each worker: 1 when it is up; 1 when it sleeps, 2 when it is parked; the latest mail that it has read; a
   * program that it lacks; 1 when it shall be parked.
   */
  workers,
  worker: { size: LINE, ready: 0, asleep: 1, mail: 2, wants: 3, parked: 4 },
  /** A claim word for each thread's share of the chunks; who is done with its own helps the others. */
  segments,
  segmentSize: LINE,
  pointers,
  length: pointers + MOST_BUFFERS,
} as const

/** Buffers of which each thread has its own. */
export const MOST_OWN = (words.workers - words.own) / 2

/** The first word of a worker's line. */
export function lineOf(id: number): number {
  return words.workers + id * words.worker.size
}
