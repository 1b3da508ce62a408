import type { Tensor } from "../../tensor/index.ts"
import { gruKind } from "./cells.ts"
import type { PackedSequence } from "./packed.ts"
import type { RecurrentOptions, Sequences } from "./recurrent.ts"
import { Recurrent } from "./recurrent.ts"

/**
 * A network whose gates decide what it takes over from the state before.
 *
 * r = σ(W_ir·x + b_ir + W_hr·h + b_hr), z = σ(W_iz·x + b_iz + W_hz·h + b_hz),
 * n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)), h′ = (1 − z)·n + z·h
 *
 * Shapes: as those of RNN.
 *
 * @param inputSize size of the input at each step
 * @param hiddenSize H, size of the state
 * @throws NABLA_SHAPE_MISMATCH from forward when input or state do not fit
 *
 * Attributes, for layer k, backwards with `_reverse` behind: `weight_ih_lk` [3H, in or D·H], `weight_hh_lk` [3H, H],
 * `bias_ih_lk` and `bias_hh_lk` [3H], with rows in the order r, z, n, all first drawn from U(±1/√H).
 *
 * Paper: Cho et al. 2014, arXiv:1406.1078v3; the place of r is that of Chung et al. 2014, arXiv:1412.3555v1, as in cuDNN.
 *
 * @example
 * const [output] = nn.gru(8, 16, { bidirectional: true }).forward(randn([5, 2, 8]))
 * output.shape // [5, 2, 32]
 */
export class GRU extends Recurrent<Tensor> {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(gruKind, inputSize, hiddenSize, options)
  }

  override forward(input: Tensor, state?: Tensor | null): [output: Tensor, state: Tensor]
  override forward(input: PackedSequence, state?: Tensor | null): [output: PackedSequence, state: Tensor]
  override forward(input: Sequences, state?: Tensor | null): [output: Sequences, state: Tensor]
  override forward(input: Sequences, state: Tensor | null = null): [Sequences, Tensor] {
    const [output, [hidden]] = this.run(input, state && [state])
    return [output, hidden!]
  }
}

export function gru(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}): GRU {
  return new GRU(inputSize, hiddenSize, options)
}
