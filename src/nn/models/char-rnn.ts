import type { Tensor } from "../../tensor/index.ts"
import type { Dropout, Embedding, Linear } from "../layers/index.ts"
import { dropout, embedding, linear } from "../layers/index.ts"
import { Module } from "../module.ts"
import type { RecurrentOptions } from "../recurrent/index.ts"
import { gru, lstm, rnn } from "../recurrent/index.ts"

export interface CharRNNOptions {
  /** Different tokens. */
  readonly vocabulary: number
  /** Default: lstm. */
  readonly cell?: "rnn" | "lstm" | "gru"
  /** Features of a token. Default: 64. */
  readonly embedding?: number
  /** Units of each layer. Default: 128. */
  readonly hidden?: number
  /** Default: 1. */
  readonly layers?: number
  /** Between layers and before the output. Default: 0. */
  readonly dropout?: number
}

/** What all three are, seen from here: sequences in, outputs and a last state out. */
type Recurrent = Module<readonly [Tensor], readonly [output: Tensor, state: unknown]>
type Make = (inputSize: number, hiddenSize: number, options: RecurrentOptions) => Recurrent

const cells: Readonly<Record<"rnn" | "lstm" | "gru", Make>> = { rnn, lstm, gru }

/**
 * A recurrent network that says which token comes next.
 *
 * Shapes: tokens [batch, steps], int32 → logits [batch, steps, vocabulary]. The state starts at zero with each call.
 *
 * Karpathy, "The Unreasonable Effectiveness of Recurrent Neural Networks" (2015).
 *
 * @example
 * const model = nn.charRNN({ vocabulary: 65, cell: "gru", hidden: 32 })
 * model.forward(zeros([4, 20], { dtype: "int32" })).shape // [4, 20, 65]
 */
export class CharRNN extends Module {
  readonly options: CharRNNOptions
  tokens: Embedding
  recurrent: Recurrent
  dropout: Dropout
  head: Linear

  constructor(options: CharRNNOptions) {
    super()
    const { vocabulary, cell = "lstm", embedding: features = 64, hidden = 128, layers = 1 } = options
    const { dropout: dropped = 0 } = options
    this.options = options
    this.tokens = embedding(vocabulary, features)
    this.recurrent = cells[cell](features, hidden, { numLayers: layers, dropout: dropped, batchFirst: true })
    this.dropout = dropout({ p: dropped })
    this.head = linear(hidden, vocabulary)
  }

  override forward(tokens: Tensor): Tensor {
    const [output] = this.recurrent.forward(this.tokens.forward(tokens))
    return this.head.forward(this.dropout.forward(output))
  }
}

export function charRNN(options: CharRNNOptions): CharRNN {
  return new CharRNN(options)
}
