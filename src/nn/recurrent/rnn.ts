import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import type { RnnNonlinearity } from "./cells.ts"
import { rnnKind } from "./cells.ts"
import type { PackedSequence } from "./packed.ts"
import type { RecurrentOptions, Sequences } from "./recurrent.ts"
import { Recurrent } from "./recurrent.ts"

export interface RNNOptions extends RecurrentOptions {
  /** "tanh" (default) or "relu". */
  readonly nonlinearity?: RnnNonlinearity
}

/** @throws NABLA_INVALID_ARGUMENT for another non-linearity */
export function checkNonlinearity(where: string, nonlinearity: RnnNonlinearity): RnnNonlinearity {
  if (nonlinearity === "tanh" || nonlinearity === "relu") return nonlinearity
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is no such non-linearity here",
    where,
    expected: "tanh | relu",
    got: String(nonlinearity),
  })
}

/**
 * The plain recurrent network of Elman.
 *
 * h_t = f(W_ih·x_t + b_ih + W_hh·h_{t−1} + b_hh), with f tanh or relu; a further layer reads h of the one below.
 *
 * Shapes: input [T, N, in] ([N, T, in] with batchFirst), [T, in], or packed; state [L·D, N, H] ([L·D, H] for a single
 * sequence), default 0 → output [T, N, D·H] arranged as the input, and the state after the last step, as
 * `[output, state]`. L = numLayers, D = 2 if bidirectional, else 1; states are ordered by layer, in a layer forwards and
 * backwards.
 *
 * @param inputSize size of the input at each step
 * @param hiddenSize H, size of the state
 * @throws NABLA_SHAPE_MISMATCH from forward when input or state do not fit
 *
 * Attributes, for layer k, backwards with `_reverse` behind: `weight_ih_lk` [H, in or D·H], `weight_hh_lk` [H, H],
 * `bias_ih_lk` and `bias_hh_lk` [H], all first drawn from U(±1/√H).
 *
 * Paper: Elman 1990, Finding structure in time, doi:10.1207/s15516709cog1402_1.
 *
 * @example
 * const [output, state] = nn.rnn(8, 16).forward(randn([5, 2, 8]))
 * output.shape // [5, 2, 16]
 */
export class RNN extends Recurrent<Tensor> {
  readonly nonlinearity: RnnNonlinearity

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    const { nonlinearity = "tanh", ...rest } = options
    super(rnnKind(checkNonlinearity("RNN", nonlinearity)), inputSize, hiddenSize, rest)
    this.nonlinearity = nonlinearity
  }

  override forward(input: Tensor, state?: Tensor | null): [output: Tensor, state: Tensor]
  override forward(input: PackedSequence, state?: Tensor | null): [output: PackedSequence, state: Tensor]
  override forward(input: Sequences, state?: Tensor | null): [output: Sequences, state: Tensor]
  override forward(input: Sequences, state: Tensor | null = null): [Sequences, Tensor] {
    const [output, [hidden]] = this.run(input, state && [state])
    return [output, hidden!]
  }
}

export function rnn(inputSize: number, hiddenSize: number, options: RNNOptions = {}): RNN {
  return new RNN(inputSize, hiddenSize, options)
}
