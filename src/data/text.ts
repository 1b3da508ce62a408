import { NablaError, Random } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { tensor } from "../tensor/index.ts"
import { bpeFrom } from "./bpe.ts"
import { checkCount } from "./check.ts"
import { EpochLoader } from "./epochs.ts"
import type { Tokenizer, TokenizerState } from "./tokenizer.ts"

/**
 * One token for each character (Unicode code point) of a text, in the order of code points.
 *
 * @throws NABLA_EMPTY_DATA for an empty text; encode: NABLA_INVALID_ARGUMENT for a character that the text did not have
 *
 * @example charTokenizer("hello").encode("hole") // [1, 3, 2, 0], as the characters are e, h, l, o
 */
export function charTokenizer(text: string): Tokenizer {
  const characters = [...new Set(text)].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)
  if (characters.length === 0)
    throw new NablaError("NABLA_EMPTY_DATA", { message: "the text is empty", where: "charTokenizer" })
  return new CharTokenizer(characters)
}

class CharTokenizer implements Tokenizer {
  readonly kind = "char"
  private readonly characters: readonly string[]
  private readonly numbers: ReadonlyMap<string, number>

  constructor(characters: readonly string[]) {
    this.characters = characters
    this.numbers = new Map(characters.map((character, i) => [character, i]))
  }

  get size(): number {
    return this.characters.length
  }

  encode(text: string): Int32Array {
    return Int32Array.from(text as Iterable<string> as Iterable<never>, (character: string) => {
      const number = this.numbers.get(character)
      if (number !== undefined) return number
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the text has a character that the tokenizer does not know",
        expected: `one of ${JSON.stringify(this.characters.join(""))}`,
        got: JSON.stringify(character),
        where: "charTokenizer",
      })
    })
  }

  decode(tokens: Iterable<number>): string {
    return Array.from(tokens, (token) => this.characters[token] ?? "\ufffd").join("")
  }

  toJSON(): TokenizerState {
    return { kind: this.kind, characters: this.characters.join("") }
  }
}

/**
 * One token for each byte of a text in UTF-8: 256 tokens, and every text has an encoding.
 *
 * @example byteTokenizer().encode("é") // [195, 169]
 */
export function byteTokenizer(): Tokenizer {
  return {
    kind: "byte",
    size: 256,
    encode: (text) => Int32Array.from(new TextEncoder().encode(text)),
    decode: (tokens) => new TextDecoder().decode(Uint8Array.from(tokens)),
    toJSON: () => ({ kind: "byte" }),
  }
}

/**
 * A tokenizer from what its toJSON gave.
 *
 * @throws NABLA_FILE_FORMAT for anything else
 */
export function tokenizerFrom(state: TokenizerState): Tokenizer {
  if (state?.kind === "byte") return byteTokenizer()
  if (state?.kind === "char" && typeof state.characters === "string" && state.characters !== "")
    return charTokenizer(state.characters)
  if (state?.kind === "bpe" && Array.isArray(state.merges)) return bpeFrom(state.merges)
  throw new NablaError("NABLA_FILE_FORMAT", {
    message: "this is no tokenizer",
    expected: 'an object with kind "char", "byte" or "bpe"',
    got: JSON.stringify(state)?.slice(0, 80) ?? String(state),
    where: "tokenizerFrom",
  })
}

export interface TextWindowOptions {
  /** Tokens that the model reads at once. */
  readonly context: number
  /** Windows in a batch. Default: 16. */
  readonly batchSize?: number
  /** Batches in an epoch. Default: as many as cover the text once. */
  readonly batches?: number
  /** Windows at places drawn anew in each epoch; otherwise one after the other from the beginning. Default: false. */
  readonly shuffle?: boolean
  /** Any whole number. Default: 0. */
  readonly seed?: number
}

/**
 * Windows of a text as batches: y is x one token later, so that the model learns each next token.
 *
 * x and y have shape [batch, context], int32.
 *
 * @throws NABLA_EMPTY_DATA when the text is shorter than a window and its next token
 *
 * @example
 * const tokens = charTokenizer("to be or not to be").encode("to be or not to be")
 * const [[x, y]] = new TextWindows(tokens, { context: 8, batchSize: 2 })
 */
export class TextWindows extends EpochLoader {
  readonly tokens: Int32Array
  readonly options: Readonly<Required<TextWindowOptions>>

  constructor(tokens: Int32Array, options: TextWindowOptions) {
    super()
    const { context, batchSize = 16, shuffle = false, seed = 0 } = options
    checkCount("TextWindows", "context", context)
    checkCount("TextWindows", "batchSize", batchSize)
    const windows = Math.floor((tokens.length - 1) / context)
    if (windows < 1) {
      throw new NablaError("NABLA_EMPTY_DATA", {
        message: "the text is shorter than a window",
        expected: `more than ${context} tokens`,
        got: `${tokens.length} tokens`,
        where: "TextWindows",
      })
    }
    const { batches = Math.ceil(windows / batchSize) } = options
    checkCount("TextWindows", "batches", batches)
    this.tokens = tokens
    this.options = { context, batchSize, batches, shuffle, seed }
  }

  /** Number of batches in an epoch. */
  get length(): number {
    return this.options.batches
  }

  protected get identity(): { name: string; seed: number; samples: number } {
    return { name: "TextWindows", seed: this.options.seed, samples: this.tokens.length }
  }

  protected *from(epoch: number, first: number): Generator<[Tensor, Tensor]> {
    const { context, batchSize, batches, shuffle, seed } = this.options
    const random = new Random(seed).fork(epoch)
    const last = this.tokens.length - context - 1
    const whole = Math.floor((this.tokens.length - 1) / context)
    for (let batch = 0; batch < batches; batch++) {
      const starts = Array.from({ length: batchSize }, (_, i) =>
        shuffle ? random.integer(last + 1) : ((batch * batchSize + i) % whole) * context,
      )
      // In order, the last batch has the windows that are left.
      const left = shuffle ? batchSize : Math.max(1, Math.min(batchSize, whole - batch * batchSize))
      // Batches that were handed out before draw their places again, so that the others get theirs.
      if (batch >= first) yield this.windows(starts.slice(0, left))
    }
  }

  private windows(starts: readonly number[]): [Tensor, Tensor] {
    const { context } = this.options
    const [x, y] = [0, 1].map((shift) => {
      const data = new Int32Array(starts.length * context)
      for (const [i, start] of starts.entries())
        data.set(this.tokens.subarray(start + shift, start + shift + context), i * context)
      return tensor(data, { shape: [starts.length, context] })
    })
    return [x!, y!]
  }
}
