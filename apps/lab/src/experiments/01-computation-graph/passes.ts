import type { Tensor } from "nabla"
import { customFunction, gradientsOf, jvp, vjp } from "nabla"
import type { Tape } from "./tape.ts"
import { apply, double, play } from "./tape.ts"

/** A pass over the graph as nabla made it: the places it came to, in its order, and what it brought there. */
export interface Pass<T = number> {
  readonly order: readonly number[]
  /** The gradient or the tangent at each of them. */
  readonly marks: readonly T[]
  /** Reverse: the gradient at each input. Forward: the tangent of each output. */
  readonly result: readonly T[]
}

type Visit = (place: number, mark: Tensor) => void

let visit: Visit = () => {}

/**
 * Functions that give what they get, and tell when a derivative passes: what one sees is nabla's own pass. One for each
 * place, made once, since the rule belongs to a graph's form and nabla keeps its plans by form.
 */
const watchers: ((x: Tensor) => Tensor)[] = []

function watcher(place: number): (x: Tensor) => Tensor {
  const told = (mark: Tensor): Tensor => {
    visit(place, mark)
    return mark
  }
  watchers[place] ??= customFunction({
    forward: (x) => x,
    vjp: (_, __, cotangent) => [told(cotangent)],
    jvp: (_, __, [tangent]) => told(tangent!),
  })
  return watchers[place]
}

function watched(pass: () => readonly Tensor[]): Pass<Tensor> {
  const order: number[] = []
  const marks: Tensor[] = []
  visit = (place, mark) => {
    order.push(place)
    marks.push(mark)
  }
  const result = pass()
  visit = () => {}
  return { order, marks, result }
}

/** Broken on purpose: no derivative passes the first operation. */
const watching =
  (tape: Tape, broken: boolean) =>
  (result: Tensor, place: number): Tensor => {
    const seen = watcher(place)(result)
    return broken && place === tape.inputs ? seen.detach() : seen
  }

/** Reverse mode: a pass from each output. */
export function reversePasses(tape: Tape, point: readonly number[], broken: boolean): Pass<Tensor>[] {
  const inputs = point.map((x) => double(x).requiresGrad_())
  const values = play(tape, inputs, watching(tape, broken))
  return tape.outputs.map((place) => watched(() => gradientsOf(values[place]!, inputs)))
}

/** Forward mode: a pass from each input. */
export function forwardPasses(tape: Tape, point: readonly number[], broken: boolean): Pass<Tensor>[] {
  const inputs = point.map(double)
  const along = (i: number) => (x: Tensor) => {
    const values = play(tape, inputs.with(i, x), watching(tape, broken))
    return tape.outputs.map((place) => values[place]!)
  }
  return inputs.map((x, i) => watched(() => jvp(along(i), [x], [double(1)])[1] as Tensor[]))
}

/** The derivative of each operation by each of its arguments, the others held fixed; 0 by a number. */
export function localDerivatives({ operations }: Tape, values: readonly Tensor[]): Tensor[][] {
  return operations.map((operation) => {
    // Each argument is a place of its own, also where one value stands twice.
    let count = 0
    const args = operation.args.map((arg) => ("place" in arg ? { place: count++ } : arg))
    const given = operation.args.flatMap((arg) => ("place" in arg ? [values[arg.place]!] : []))
    const [, pull] = vjp((...inputs: Tensor[]) => apply({ ...operation, args }, inputs), ...given)
    const parts = pull(double(1)) as Tensor[]
    return operation.args.map((arg) => ("place" in arg ? parts.shift()! : double(0)))
  })
}
