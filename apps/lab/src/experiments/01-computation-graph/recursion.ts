import type { Tape } from "./tape.ts"
import { callsOf } from "./theory.ts"

/** One call of backward(place, upstream), and the call that made it. */
export interface Call {
  readonly place: number
  readonly depth: number
  readonly upstream: number
  /** upstream = above · local; null for the first call. */
  readonly above: number | null
  readonly local: number
}

interface Graph {
  readonly tape: Tape
  readonly locals: readonly (readonly number[])[]
}

/**
 * Backpropagation as it is told first: each tensor adds what comes from above to its gradient, and calls those that it was
 * made from with that times the local derivative. Calls in order, one for each way from the output.
 */
export function* recursion({ tape, locals }: Graph, output: number): Generator<Call> {
  function* call(place: number, depth: number, above: number | null, local: number): Generator<Call> {
    const upstream = above === null ? 1 : above * local
    yield { place, depth, upstream, above, local }
    if (place < tape.inputs) return
    const { args } = tape.operations[place - tape.inputs]!
    for (const [i, arg] of args.entries())
      if ("place" in arg) yield* call(arg.place, depth + 1, upstream, locals[place - tape.inputs]![i]!)
  }
  yield* call(output, 0, null, 1)
}

/** The recursion takes time for each way; where there are more nobody waits for it. */
export const MOST_CALLS = 50_000

/** The gradient that it gives, one number for each input; null where it would take too long. */
export function gradientByRecursion(
  graph: Graph,
  output: number,
): { gradient: number[]; calls: number } | null {
  if (callsOf(graph.tape, output) > MOST_CALLS) return null
  const gradient = new Array<number>(graph.tape.inputs).fill(0)
  let calls = 0
  for (const { place, upstream } of recursion(graph, output)) {
    calls++
    if (place < gradient.length) gradient[place]! += upstream
  }
  return { gradient, calls }
}
