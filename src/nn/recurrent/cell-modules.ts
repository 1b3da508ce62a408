import type { DType } from "../../base/index.ts"
import { formatShape, NablaError, sameShape } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { zeros } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import type { Members } from "../module.ts"
import { inSnakeCase, Module } from "../module.ts"
import type { Parameter } from "../parameter.ts"
import type { CellKind, CellWeights, RnnNonlinearity } from "./cells.ts"
import { gruKind, lstmKind, rnnKind, stepOf } from "./cells.ts"
import type { LSTMState } from "./lstm.ts"
import { drawn } from "./recurrent.ts"
import { checkNonlinearity } from "./rnn.ts"

export interface CellOptions {
  /** Whether biases are added. Default: true. */
  readonly bias?: boolean
  /** Type of the parameters. Default: float32. */
  readonly dtype?: DType
}

/** What the cells share. */
abstract class Cell<State>
  extends Module<readonly [input: Tensor, state?: State | null], State>
  implements CellWeights
{
  readonly inputSize: number
  readonly hiddenSize: number
  weightIh: Parameter
  weightHh: Parameter
  biasIh: Parameter | null
  biasHh: Parameter | null
  readonly #kind: CellKind

  constructor(kind: CellKind, inputSize: number, hiddenSize: number, options: CellOptions) {
    super()
    checkNames(new.target.name, options, ["bias", "dtype"])
    checkCount(new.target.name, "inputSize", inputSize)
    checkCount(new.target.name, "hiddenSize", hiddenSize)
    const { bias = true, dtype = "float32" } = options
    const rows = kind.gates * hiddenSize
    this.inputSize = inputSize
    this.hiddenSize = hiddenSize
    this.weightIh = drawn([rows, inputSize], hiddenSize, dtype)
    this.weightHh = drawn([rows, hiddenSize], hiddenSize, dtype)
    this.biasIh = bias ? drawn([rows], hiddenSize, dtype) : null
    this.biasHh = bias ? drawn([rows], hiddenSize, dtype) : null
    this.#kind = kind
  }

  protected override members(): Members {
    return inSnakeCase(this)
  }

  protected step(input: Tensor, given: readonly Tensor[] | null): Tensor[] {
    const batch = input.shape.slice(0, -1)
    const fits = input.ndim >= 1 && input.ndim <= 2 && input.shape.at(-1) === this.inputSize
    if (!fits) throw this.#misfit(`[N, ${this.inputSize}] or [${this.inputSize}]`, "input", input)
    const shape = [...batch, this.hiddenSize]
    const state = given ?? new Array<Tensor>(this.#kind.states).fill(zeros(shape, { dtype: input.dtype }))
    for (const part of state) {
      if (!sameShape(part.shape, shape)) throw this.#misfit(formatShape(shape), "state", part)
    }
    return stepOf(this.#kind, input, state, this)
  }

  #misfit(expected: string, what: string, got: Tensor): NablaError {
    return new NablaError("NABLA_SHAPE_MISMATCH", {
      message: `the ${what} does not fit`,
      where: this.constructor.name,
      expected,
      got: formatShape(got.shape),
    })
  }
}

export interface RNNCellOptions extends CellOptions {
  /** "tanh" (default) or "relu". */
  readonly nonlinearity?: RnnNonlinearity
}

/**
 * One step of RNN.
 *
 * h′ = f(W_ih·x + b_ih + W_hh·h + b_hh), with f tanh or relu
 *
 * Shapes: input [N, in] or [in], state [N, H] or [H], default 0 → the next state.
 *
 * @param inputSize size of the input
 * @param hiddenSize H, size of the state
 * @throws NABLA_SHAPE_MISMATCH from forward when input or state do not fit
 *
 * Attributes: `weight_ih` [H, in], `weight_hh` [H, H], `bias_ih` and `bias_hh` [H], all first drawn from U(±1/√H).
 *
 * @example nn.rnnCell(8, 16).forward(randn([2, 8])).shape // [2, 16]
 */
export class RNNCell extends Cell<Tensor> {
  readonly nonlinearity: RnnNonlinearity

  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    const { nonlinearity = "tanh", ...rest } = options
    super(rnnKind(checkNonlinearity("RNNCell", nonlinearity)), inputSize, hiddenSize, rest)
    this.nonlinearity = nonlinearity
  }

  override forward(input: Tensor, state: Tensor | null = null): Tensor {
    return this.step(input, state && [state])[0]!
  }
}

/**
 * One step of LSTM.
 *
 * i, f, o = σ(…), g = tanh(…), c′ = f·c + i·g, h′ = o·tanh(c′); see LSTM
 *
 * Shapes: input [N, in] or [in], state [h, c] of [N, H] or [H], default 0 → the next state.
 *
 * @param inputSize size of the input
 * @param hiddenSize H, size of hidden state and cell
 * @throws NABLA_SHAPE_MISMATCH from forward when input or state do not fit
 *
 * Attributes: `weight_ih` [4H, in], `weight_hh` [4H, H], `bias_ih` and `bias_hh` [4H], with rows in the order
 * i, f, g, o, all first drawn from U(±1/√H).
 *
 * @example
 * const [h, c] = nn.lstmCell(8, 16).forward(randn([2, 8]))
 * h.shape // [2, 16]
 */
export class LSTMCell extends Cell<LSTMState> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(lstmKind, inputSize, hiddenSize, options)
  }

  override forward(input: Tensor, state: LSTMState | null = null): LSTMState {
    const [hidden, cell] = this.step(input, state)
    return [hidden!, cell!]
  }
}

/**
 * One step of GRU.
 *
 * r, z = σ(…), n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)), h′ = (1 − z)·n + z·h; see GRU
 *
 * Shapes: input [N, in] or [in], state [N, H] or [H], default 0 → the next state.
 *
 * @param inputSize size of the input
 * @param hiddenSize H, size of the state
 * @throws NABLA_SHAPE_MISMATCH from forward when input or state do not fit
 *
 * Attributes: `weight_ih` [3H, in], `weight_hh` [3H, H], `bias_ih` and `bias_hh` [3H], with rows in the order r, z, n,
 * all first drawn from U(±1/√H).
 *
 * @example nn.gruCell(8, 16).forward(randn([2, 8])).shape // [2, 16]
 */
export class GRUCell extends Cell<Tensor> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(gruKind, inputSize, hiddenSize, options)
  }

  override forward(input: Tensor, state: Tensor | null = null): Tensor {
    return this.step(input, state && [state])[0]!
  }
}

export function rnnCell(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}): RNNCell {
  return new RNNCell(inputSize, hiddenSize, options)
}

export function lstmCell(inputSize: number, hiddenSize: number, options: CellOptions = {}): LSTMCell {
  return new LSTMCell(inputSize, hiddenSize, options)
}

export function gruCell(inputSize: number, hiddenSize: number, options: CellOptions = {}): GRUCell {
  return new GRUCell(inputSize, hiddenSize, options)
}
