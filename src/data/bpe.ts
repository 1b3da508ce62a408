import { NablaError } from "../base/index.ts"
import { checkCount, checkNames } from "./check.ts"
import type { Tokenizer, TokenizerState } from "./tokenizer.ts"

export interface BpeOptions {
  /** Tokens in all: the 256 bytes, and a merge for each further one. Default: 1024. */
  readonly vocabulary?: number
}

/** Two tokens that stand next to each other become one. */
type Merge = readonly [left: number, right: number]

/** Pieces that no merge goes across: a word with the space before it, a number, punctuation, white space. */
const PIECES = /'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu

/** Pair of two tokens as one number: below 2⁵² for as many tokens as there may be. */
const SPAN = 2 ** 26

const keyOf = (left: number, right: number): number => left * SPAN + right

/**
 * Trains byte-pair encoding: begins with bytes, and again and again makes one token of the two that stand next to each
 * other most often, within words. Every text has an encoding, and decoding gives the text back.
 *
 * Pieces are cut as in GPT-2; of pairs that are equally frequent the one with the smaller tokens is taken, so that the
 * same text always gives the same tokenizer. Training ends early when no pair comes twice.
 *
 * Sennrich, Haddow & Birch, "Neural machine translation of rare words with subword units" (2016), arXiv:1508.07909v5.
 *
 * @throws NABLA_EMPTY_DATA for an empty text; NABLA_INVALID_ARGUMENT for a vocabulary below 256 or above 2²⁵
 *
 * @example
 * const tokenizer = bpeTokenizer(text, { vocabulary: 512 })
 * const saved = JSON.stringify(tokenizer)
 * const same = tokenizerFrom(JSON.parse(saved))
 */
export function bpeTokenizer(text: string, options: BpeOptions = {}): Tokenizer {
  checkNames("bpeTokenizer", options, ["vocabulary"])
  const { vocabulary = 1024 } = options
  checkCount("bpeTokenizer", "vocabulary", vocabulary, 256)
  if (vocabulary > SPAN / 2) checkCount("bpeTokenizer", "vocabulary, at most 2^25,", Number.NaN)
  if (text === "")
    throw new NablaError("NABLA_EMPTY_DATA", { message: "the text is empty", where: "bpeTokenizer" })
  return new BpeTokenizer(learnMerges(text, vocabulary - 256))
}

/** A piece of the text, and how often it comes. */
interface Word {
  tokens: number[]
  readonly count: number
}

function learnMerges(text: string, most: number): Merge[] {
  const counts = new Map<string, number>()
  for (const [piece] of text.matchAll(PIECES)) counts.set(piece, (counts.get(piece) ?? 0) + 1)
  const encoder = new TextEncoder()
  const words = Array.from(counts, ([piece, count]): Word => ({ tokens: [...encoder.encode(piece)], count }))
  const pairs = new PairCounts(words)
  const merges: Merge[] = []
  while (merges.length < most) {
    const merge = pairs.mostFrequent()
    if (merge === null) break
    pairs.join(merge, 256 + merges.length)
    merges.push(merge)
  }
  return merges
}

/** How often each pair comes, and in which words: a merge touches only the words that it changes. */
class PairCounts {
  private readonly words: readonly Word[]
  private readonly counts = new Map<number, number>()
  private readonly places = new Map<number, Set<number>>()

  constructor(words: readonly Word[]) {
    this.words = words
    for (const number of words.keys()) this.count(number, 1)
  }

  /** The pair that comes most often, at least twice. */
  mostFrequent(): Merge | null {
    let best = -1
    let most = 1
    for (const [key, count] of this.counts) {
      if (count < most || (count === most && (best < 0 || key > best))) continue
      if (count < 2) continue
      best = key
      most = count
    }
    return best < 0 ? null : [Math.floor(best / SPAN), best % SPAN]
  }

  join([left, right]: Merge, token: number): void {
    for (const number of [...(this.places.get(keyOf(left, right)) ?? [])]) {
      this.count(number, -1)
      const word = this.words[number]!
      word.tokens = merged(word.tokens, left, right, token)
      this.count(number, 1)
    }
  }

  private count(number: number, sign: 1 | -1): void {
    const { tokens, count } = this.words[number]!
    for (let i = 1; i < tokens.length; i++) {
      const key = keyOf(tokens[i - 1]!, tokens[i]!)
      const total = (this.counts.get(key) ?? 0) + sign * count
      const places = this.places.get(key) ?? new Set<number>()
      if (sign > 0) this.places.set(key, places.add(number))
      else places.delete(number)
      if (total > 0) this.counts.set(key, total)
      else {
        this.counts.delete(key)
        this.places.delete(key)
      }
    }
  }
}

function merged(tokens: readonly number[], left: number, right: number, token: number): number[] {
  const out: number[] = []
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] === left && tokens[i + 1] === right) {
      out.push(token)
      i++
    } else out.push(tokens[i]!)
  }
  return out
}

class BpeTokenizer implements Tokenizer {
  readonly kind = "bpe"
  private readonly merges: readonly Merge[]
  /** The order of merges by pair. */
  private readonly ranks: ReadonlyMap<number, number>
  private readonly known = new Map<string, readonly number[]>()

  constructor(merges: readonly Merge[]) {
    this.merges = merges
    this.ranks = new Map(merges.map(([left, right], rank) => [keyOf(left, right), rank]))
  }

  get size(): number {
    return 256 + this.merges.length
  }

  encode(text: string): Int32Array {
    const tokens: number[] = []
    for (const [piece] of text.matchAll(PIECES)) for (const token of this.piece(piece)) tokens.push(token)
    return Int32Array.from(tokens)
  }

  /** The earliest merge that applies, again and again. */
  private piece(piece: string): readonly number[] {
    const known = this.known.get(piece)
    if (known !== undefined) return known
    let tokens = [...new TextEncoder().encode(piece)]
    for (;;) {
      let best = Infinity
      for (let i = 1; i < tokens.length; i++)
        best = Math.min(best, this.ranks.get(keyOf(tokens[i - 1]!, tokens[i]!)) ?? Infinity)
      const merge = this.merges[best]
      if (merge === undefined) break
      tokens = merged(tokens, merge[0], merge[1], 256 + best)
    }
    // Words come again; the cache stays within bounds for text that never repeats itself.
    if (this.known.size < 2 ** 16) this.known.set(piece, tokens)
    return tokens
  }

  decode(tokens: Iterable<number>): string {
    const bytes: number[] = []
    // Tokens left to take apart, the next one last.
    const stack = [...tokens].reverse()
    while (stack.length > 0) {
      const token = stack.pop()!
      const merge = this.merges[token - 256]
      if (merge !== undefined) stack.push(merge[1], merge[0])
      else if (token >= 0 && token < 256) bytes.push(token)
      else bytes.push(0xef, 0xbf, 0xbd)
    }
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes))
  }

  toJSON(): TokenizerState {
    return { kind: this.kind, merges: this.merges }
  }
}

/**
 * A tokenizer of merges that were saved.
 *
 * @throws NABLA_FILE_FORMAT when a merge is of tokens that there are not yet
 */
export function bpeFrom(merges: readonly unknown[]): Tokenizer {
  const isToken = (value: unknown, below: number): boolean =>
    Number.isInteger(value) && Number(value) >= 0 && Number(value) < below
  // Long chains of doublings would decode to texts without an end.
  const lengths = new Array<number>(256).fill(1)
  for (const [rank, merge] of merges.entries()) {
    const fits =
      Array.isArray(merge) && merge.length === 2 && merge.every((token) => isToken(token, 256 + rank))
    const length = fits ? lengths[merge[0]]! + lengths[merge[1]]! : Infinity
    lengths.push(length)
    if (length <= 2 ** 16 && rank < SPAN / 2) continue
    throw new NablaError("NABLA_FILE_FORMAT", {
      message: `merge ${rank} is none`,
      expected: "a pair of tokens that there are before it",
      got: JSON.stringify(merge)?.slice(0, 80) ?? String(merge),
      where: "tokenizerFrom",
    })
  }
  return new BpeTokenizer(merges as readonly Merge[])
}
