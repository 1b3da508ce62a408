/** Turns text into numbers and back. */
export interface Tokenizer {
  readonly kind: string
  /** Number of different tokens. */
  readonly size: number
  encode(text: string): Int32Array
  decode(tokens: Iterable<number>): string
  /** What is needed to make it again, see tokenizerFrom. */
  toJSON(): TokenizerState
}

export interface TokenizerState {
  readonly kind: string
  readonly [detail: string]: unknown
}
