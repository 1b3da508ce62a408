import { NablaError } from "./errors.ts"

/** Four 32-bit words, each an unsigned integer in a JavaScript number. */
export type Words4 = readonly [number, number, number, number]
/** Two 32-bit words, each an unsigned integer in a JavaScript number. */
export type Words2 = readonly [number, number]

const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85
const ROUNDS = 10
const TWO_32 = 0x1_0000_0000

/** The upper 32 bits of the unsigned 64-bit product, which a JavaScript number cannot hold exactly. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  // No partial sum exceeds 2³²−1, so wrapping to 32 bits loses nothing and keeps the engine on integers.
  const low = Math.imul(aLow, bLow)
  const middle = (Math.imul(aHigh, bLow) + (low >>> 16)) | 0
  const cross = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (cross >>> 16)) | 0
}

function writeBlock(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
) {
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0)
    const high1 = multiplyHigh(MULTIPLIER_1, c2)
    const low0 = Math.imul(MULTIPLIER_0, c0)
    const low1 = Math.imul(MULTIPLIER_1, c2)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + WEYL_0) | 0
    k1 = (k1 + WEYL_1) | 0
  }
  out[0] = c0
  out[1] = c1
  out[2] = c2
  out[3] = c3
}

/**
 * Philox 4×32-10: a bijection of 128-bit counters under a 64-bit key, used as a counter-based random generator.
 *
 * Each of the ten rounds, with M₀ = D2511F53, M₁ = CD9E8D57 and the key raised by (9E3779B9, BB67AE85) in between:
 *
 *     (c₀, c₁, c₂, c₃) ← (hi(M₁c₂) ⊕ c₁ ⊕ k₀,  lo(M₁c₂),  hi(M₀c₀) ⊕ c₃ ⊕ k₁,  lo(M₀c₀))
 *
 * J. Salmon, M. Moraes, R. Dror, D. Shaw: Parallel Random Numbers: As Easy as 1, 2, 3. SC 2011,
 * https://doi.org/10.1145/2063384.2063405
 *
 * @param counter four 32-bit words; each new value gives a new independent block
 * @param key two 32-bit words; each key is a sequence of its own
 * @returns four unsigned 32-bit words
 */
export function philox4x32(counter: Words4, key: Words2): [number, number, number, number] {
  const out = new Uint32Array(4)
  writeBlock(counter[0], counter[1], counter[2], counter[3], key[0], key[1], out)
  return [out[0]!, out[1]!, out[2]!, out[3]!]
}

/** All that a {@link Random} remembers: plain numbers, fit for JSON. */
export interface RandomState {
  /** the Philox key, two unsigned 32-bit words */
  readonly key: Words2
  /** which sequence under that key */
  readonly stream: number
  /** how many 32-bit words have been drawn from the sequence */
  readonly position: number
}

// Streams are at most 2⁵³−1, so the top bit of the fourth counter word is never set by a draw:
// it marks the blocks that make the keys of forks.
const FORK_BLOCK = 0x80000000

function checkWhole(value: number, name: string, lowest: number) {
  if (Number.isSafeInteger(value) && value >= lowest) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `Random: ${name} must be a whole number`,
    expected: lowest === 0 ? "a whole number from 0 to 2^53 - 1" : "a whole number within ±(2^53 - 1)",
    got: String(value),
    where: "Random",
  })
}

/**
 * A seeded random generator on the host: Philox under key = seed, counter = (position, stream).
 *
 * The same seed and stream give the same numbers on every machine (`normal` up to the engine's rounding of log and
 * cos). The state is a key, a stream and a position, so it can be saved, restored and moved at no cost.
 *
 * @example
 * const random = new Random(42)
 * random.uniform() // in [0, 1)
 * const forSample7 = random.fork(7) // independent of everything that random itself draws
 */
export class Random {
  readonly #block = new Uint32Array(4)
  #key: Words2
  #stream: number
  #position = 0
  /** which block stands in #block; -1 for none */
  #blockIndex = -1

  /**
   * @param seed any whole number within ±(2⁵³−1)
   * @param stream a whole number from 0: sequences of one seed that never overlap
   * @throws NABLA_INVALID_ARGUMENT for anything else
   */
  constructor(seed: number, stream = 0) {
    checkWhole(seed, "seed", Number.MIN_SAFE_INTEGER)
    checkWhole(stream, "stream", 0)
    this.#key = [seed >>> 0, Math.floor(seed / TWO_32) >>> 0]
    this.#stream = stream
  }

  /** A whole number, uniform on [0, 2³²). */
  uint32(): number {
    const position = this.#position++
    const lane = position & 3
    const block = (position - lane) / 4
    if (block !== this.#blockIndex) this.#fill(block)
    return this.#block[lane]!
  }

  /** A multiple of 2⁻³², uniform on [0, 1). One word is drawn. */
  uniform(): number {
    return this.uint32() / TWO_32
  }

  /** A number uniform on [low, high). One word is drawn. */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform()
  }

  /**
   * A number from the normal law of mean 0 and variance 1, by Box and Muller: √(−2 ln u)·cos 2πv.
   *
   * Two words are drawn each time. The sine that would give a second number is not kept, so that the position alone
   * remains the state.
   */
  normal(): number {
    const u = (this.uint32() + 1) / TWO_32
    const v = this.uint32() / TWO_32
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
  }

  /**
   * A whole number, uniform on [0, n) without bias; n from 1 to 2³².
   *
   * @throws NABLA_INVALID_ARGUMENT when n is no whole number in that range
   */
  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > TWO_32) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "Random.integer: n must be a whole number from 1 to 2^32",
        expected: "a whole number from 1 to 4294967296",
        got: String(n),
        where: "Random.integer",
      })
    }
    // Words at or above the largest multiple of n would favour the low results: draw again.
    const limit = TWO_32 - (TWO_32 % n)
    let word = this.uint32()
    while (word >= limit) word = this.uint32()
    return word % n
  }

  /** Shuffles the array in place (Fisher and Yates) and returns it. Every order is equally likely. */
  shuffle<T extends { length: number; [index: number]: unknown }>(array: T): T {
    const slots = array as { [index: number]: unknown }
    for (let last = array.length - 1; last > 0; last--) {
      const other = this.integer(last + 1)
      const kept = slots[last]
      slots[last] = slots[other]
      slots[other] = kept
    }
    return array
  }

  /**
   * An independent generator that depends on this one's key and stream and on `stream`, not on how much was drawn.
   * Forks can be forked again.
   *
   * @param stream a whole number from 0
   */
  fork(stream: number): Random {
    checkWhole(stream, "stream", 0)
    const [k0, k1] = philox4x32(
      [
        stream >>> 0,
        Math.floor(stream / TWO_32) >>> 0,
        this.#stream >>> 0,
        Math.floor(this.#stream / TWO_32) | FORK_BLOCK,
      ],
      this.#key,
    )
    const child = new Random(0)
    child.#key = [k0, k1]
    return child
  }

  /** A copy of what this generator remembers. */
  get state(): RandomState {
    return { key: [this.#key[0], this.#key[1]], stream: this.#stream, position: this.#position }
  }

  /** Continues exactly where the generator stood whose state this is. */
  set state(state: RandomState) {
    for (const word of state.key) checkWhole(word, "state.key", 0)
    checkWhole(state.stream, "state.stream", 0)
    checkWhole(state.position, "state.position", 0)
    this.#key = [state.key[0] >>> 0, state.key[1] >>> 0]
    this.#stream = state.stream
    this.#position = state.position
    this.#blockIndex = -1
  }

  #fill(block: number) {
    const stream = this.#stream
    const blockHigh = Math.floor(block / TWO_32)
    const streamHigh = Math.floor(stream / TWO_32)
    writeBlock(block | 0, blockHigh, stream | 0, streamHigh, this.#key[0], this.#key[1], this.#block)
    this.#blockIndex = block
  }
}
