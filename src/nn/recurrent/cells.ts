import type { Tensor } from "../../tensor/index.ts"
import { add, chunk, composed, matmul, mul, relu, sigmoid, sub, tanh } from "../../tensor/index.ts"
import { linear } from "../functions/linear.ts"

/*
 * One step of each recurrent network. What the input contributes to the gates is computed apart from it, so that a
 * layer can do so for all steps in one product; the biases of both sides are added there as well, where the formula
 * allows it.
 */

/** The weights of a cell: those of the input and of the hidden state, rows by gates. */
export interface CellWeights {
  /** [gates·H, inputSize] */
  readonly weightIh: Tensor
  /** [gates·H, H] */
  readonly weightHh: Tensor
  /** [gates·H] */
  readonly biasIh: Tensor | null
  /** [gates·H] */
  readonly biasHh: Tensor | null
  /** [projSize, H]: what the hidden state of an LSTM is multiplied by, if anything. */
  readonly weightHr?: Tensor | null
}

export type RnnNonlinearity = "tanh" | "relu"

/** A kind of recurrent network: how the state follows from that before, and from what the input contributes. */
export interface CellKind {
  /** How many blocks of H rows the weights have. */
  readonly gates: number
  /** How many tensors the state has. */
  readonly states: number
  /** The contribution of inputs [*, inputSize] to the gates: [*, gates·H]. */
  project(input: Tensor, weights: CellWeights): Tensor
  /** The next state; its first tensor is the output. */
  step(projected: Tensor, state: readonly Tensor[], weights: CellWeights): Tensor[]
}

const sumOf = (a: Tensor | null, b: Tensor | null): Tensor | null =>
  a === null || b === null ? a : add(a, b)

const bothBiases = (input: Tensor, { weightIh, biasIh, biasHh }: CellWeights): Tensor =>
  linear(input, weightIh, sumOf(biasIh, biasHh))

/** h′ = f(W_ih·x + b_ih + W_hh·h + b_hh) */
export function rnnKind(nonlinearity: RnnNonlinearity): CellKind {
  const activate = nonlinearity === "relu" ? relu : tanh
  return {
    gates: 1,
    states: 1,
    project: bothBiases,
    step: (projected, [h], { weightHh }) => [activate(add(projected, matmul(h!, weightHh.t())))],
  }
}

/** i, f, o = σ(…), g = tanh(…), c′ = f·c + i·g, h′ = o·tanh(c′), possibly projected. */
export const lstmKind: CellKind = {
  gates: 4,
  states: 2,
  project: bothBiases,
  step: (projected, [h, c], { weightHh, weightHr }) => {
    const [i, f, g, o] = chunk(add(projected, matmul(h!, weightHh.t())), 4, -1)
    const cell = add(mul(sigmoid(f!), c!), mul(sigmoid(i!), tanh(g!)))
    const hidden = mul(sigmoid(o!), tanh(cell))
    return [weightHr ? matmul(hidden, weightHr.t()) : hidden, cell]
  },
}

/** r, z = σ(…), n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)), h′ = (1 − z)·n + z·h */
export const gruKind: CellKind = {
  gates: 3,
  states: 1,
  project: (input, { weightIh, biasIh }) => linear(input, weightIh, biasIh),
  step: (projected, [h], { weightHh, biasHh }) => {
    const [r, z, n] = chunk(projected, 3, -1)
    const [hr, hz, hn] = chunk(linear(h!, weightHh, biasHh), 3, -1)
    const reset = sigmoid(add(r!, hr!))
    const update = sigmoid(add(z!, hz!))
    const candidate = tanh(add(n!, mul(reset, hn!)))
    return [add(candidate, mul(update, sub(h!, candidate)))]
  },
}

/** A step from the input itself. */
export function stepOf(
  kind: CellKind,
  input: Tensor,
  state: readonly Tensor[],
  weights: CellWeights,
): Tensor[] {
  return kind.step(kind.project(input, weights), state, weights)
}

/**
 * One step of a recurrent network: f(W_ih·x + b_ih + W_hh·h + b_hh).
 *
 * Shapes: input [N, in] or [in], hidden [N, H] or [H], weights [H, in] and [H, H], biases [H] → [N, H] or [H].
 */
export const rnnCell = composed(
  "rnnCell",
  (input: Tensor, hidden: Tensor, weights: CellWeights, nonlinearity: RnnNonlinearity = "tanh"): Tensor =>
    stepOf(rnnKind(nonlinearity), input, [hidden], weights)[0]!,
)

/**
 * One step of an LSTM, with the gates in the order i, f, g, o.
 *
 * Shapes: input [N, in] or [in], hidden and cell [N, H] or [H], weights [4H, in] and [4H, H], biases [4H]
 * → hidden and cell.
 */
export const lstmCell = composed(
  "lstmCell",
  (input: Tensor, state: readonly [Tensor, Tensor], weights: CellWeights): [hidden: Tensor, cell: Tensor] =>
    stepOf(lstmKind, input, state, weights) as [Tensor, Tensor],
)

/**
 * One step of a GRU, with the gates in the order r, z, n.
 *
 * Shapes: input [N, in] or [in], hidden [N, H] or [H], weights [3H, in] and [3H, H], biases [3H] → [N, H] or [H].
 */
export const gruCell = composed(
  "gruCell",
  (input: Tensor, hidden: Tensor, weights: CellWeights): Tensor =>
    stepOf(gruKind, input, [hidden], weights)[0]!,
)
