import type { Tensor } from "../../tensor/index.ts"
import { cat } from "../../tensor/index.ts"
import type { CellKind, CellWeights } from "./cells.ts"

/** One layer in one direction: outputs for all steps, and the last state of each sequence. */
export interface Scanned {
  /** [Σ batchSizes, output size] */
  readonly output: Tensor
  /** Tensors [N, size]. */
  readonly state: readonly Tensor[]
}

/**
 * Runs a recurrent network over sequences in packed order (rows of the first step, then of the second, …). Sequences
 * are sorted by length, so that those that have a step are always the first ones.
 *
 * @param input [Σ batchSizes, input size]
 * @param initial state tensors [N, size]
 */
export function scan(
  kind: CellKind,
  weights: CellWeights,
  input: Tensor,
  initial: readonly Tensor[],
  batchSizes: readonly number[],
  reverse: boolean,
): Scanned {
  const steps = kind.project(input, weights).split([...batchSizes], 0)
  const outputs = new Array<Tensor>(steps.length)
  const finished: (readonly Tensor[])[] = []
  const order = batchSizes.map((_, t) => (reverse ? batchSizes.length - 1 - t : t))
  let size = reverse ? 0 : batchSizes[0]!
  let state: readonly Tensor[] = reverse ? [] : initial
  for (const t of order) {
    const next = batchSizes[t]!
    if (next > size) {
      // Backwards, the longest sequences come first; others begin where they end.
      const joining = initial.map((whole) => whole.narrow(0, size, next - size))
      state = size === 0 ? joining : state.map((part, i) => cat([part, joining[i]!]))
    } else if (next < size) {
      finished.unshift(state.map((part) => part.narrow(0, next, size - next)))
      state = state.map((part) => part.narrow(0, 0, next))
    }
    size = next
    state = kind.step(steps[t]!, state, weights)
    outputs[t] = state[0]!
  }
  const last = state.map((part, i) =>
    finished.length === 0 ? part : cat([part, ...finished.map((parts) => parts[i]!)]),
  )
  return { output: cat(outputs), state: last }
}
