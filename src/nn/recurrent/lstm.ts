import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { lstmKind } from "./cells.ts"
import type { PackedSequence } from "./packed.ts"
import type { RecurrentOptions, Sequences } from "./recurrent.ts"
import { Recurrent } from "./recurrent.ts"

export interface LSTMOptions extends RecurrentOptions {
  /** Size that the hidden state is projected to, smaller than hiddenSize; 0 (default): no projection. */
  readonly projSize?: number
}

/** What an LSTM remembers: the hidden state, which is its output, and the cell. */
export type LSTMState = readonly [hidden: Tensor, cell: Tensor]

/**
 * Long short-term memory: a cell that is added to rather than multiplied, so that gradients survive many steps.
 *
 * i = σ(W_ii·x + b_ii + W_hi·h + b_hi), f = σ(W_if·x + b_if + W_hf·h + b_hf), g = tanh(W_ig·x + b_ig + W_hg·h + b_hg),
 * o = σ(W_io·x + b_io + W_ho·h + b_ho), c′ = f·c + i·g, h′ = o·tanh(c′); with projSize h′ = W_hr·(o·tanh(c′))
 *
 * Shapes: input [T, N, in] ([N, T, in] with batchFirst), [T, in], or packed; state [h, c] of [L·D, N, P] and
 * [L·D, N, H] (without N for a single sequence), default 0 → output [T, N, D·P] arranged as the input, and the state
 * after the last step, as `[output, [h, c]]`. L = numLayers, D = 2 if bidirectional, else 1, P = projSize or H; states
 * are ordered by layer, in a layer forwards and backwards.
 *
 * @param inputSize size of the input at each step
 * @param hiddenSize H, size of the cell
 * @throws NABLA_SHAPE_MISMATCH from forward when input or state do not fit
 *
 * Attributes, for layer k, backwards with `_reverse` behind: `weight_ih_lk` [4H, in or D·P], `weight_hh_lk` [4H, P],
 * `bias_ih_lk` and `bias_hh_lk` [4H], with rows in the order i, f, g, o, and with projSize `weight_hr_lk` [P, H], all
 * first drawn from U(±1/√H).
 *
 * Papers: Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735; with the forget gate of Gers et al. 2000,
 * doi:10.1162/089976600300015015; projection: Sak et al. 2014, arXiv:1402.1128v1.
 *
 * @example
 * const [output, [h, c]] = nn.lstm(8, 16, { numLayers: 2 }).forward(randn([5, 2, 8]))
 * output.shape // [5, 2, 16]
 * h.shape // [2, 2, 16]
 */
export class LSTM extends Recurrent<LSTMState> {
  readonly projSize: number

  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    const { projSize = 0, ...rest } = options
    checkProjection(projSize, hiddenSize)
    super(lstmKind, inputSize, hiddenSize, rest, projSize)
    this.projSize = projSize
  }

  override forward(input: Tensor, state?: LSTMState | null): [output: Tensor, state: LSTMState]
  override forward(
    input: PackedSequence,
    state?: LSTMState | null,
  ): [output: PackedSequence, state: LSTMState]
  override forward(input: Sequences, state?: LSTMState | null): [output: Sequences, state: LSTMState]
  override forward(input: Sequences, state: LSTMState | null = null): [Sequences, LSTMState] {
    const [output, [hidden, cell]] = this.run(input, state)
    return [output, [hidden!, cell!]]
  }
}

function checkProjection(projSize: number, hiddenSize: number): void {
  if (Number.isInteger(projSize) && projSize >= 0 && projSize < hiddenSize) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "a projection makes the hidden state smaller",
    where: "LSTM",
    expected: `projSize of 0 … ${hiddenSize - 1}`,
    got: String(projSize),
  })
}

export function lstm(inputSize: number, hiddenSize: number, options: LSTMOptions = {}): LSTM {
  return new LSTM(inputSize, hiddenSize, options)
}
