import type { Tape } from "./tape.ts"

/** What the graph alone says, without any number: plain walks over the tape. */

/** Places that each operation reads, one for each argument. */
export const readBy = ({ inputs, operations }: Tape, place: number): number[] =>
  place < inputs ? [] : operations[place - inputs]!.args.flatMap((arg) => ("place" in arg ? [arg.place] : []))

const places = ({ inputs, operations }: Tape): number[] =>
  Array.from({ length: inputs + operations.length }, (_, place) => place)

/** Operations that an output was computed from, itself among them. */
export function behind(tape: Tape, output: number): number[] {
  const found = new Set([output])
  for (const place of places(tape).reverse())
    if (found.has(place)) for (const source of readBy(tape, place)) found.add(source)
  return [...found].filter((place) => place >= tape.inputs)
}

/** Operations that depend on an input and that an output depends on. */
export function ahead(tape: Tape, input: number): number[] {
  const moved = new Set([input])
  for (const place of places(tape))
    if (readBy(tape, place).some((source) => moved.has(source))) moved.add(place)
  const wanted = new Set(tape.outputs.flatMap((output) => behind(tape, output)))
  return [...moved].filter((place) => place >= tape.inputs && wanted.has(place))
}

/** Ways from an output back to each place. */
export function waysBack(tape: Tape, output: number): number[] {
  const ways = places(tape).map((place) => (place === output ? 1 : 0))
  for (const place of places(tape).reverse())
    for (const source of readBy(tape, place)) ways[source]! += ways[place]!
  return ways
}

/** Calls that the plain recursion makes: one for each way to each place. */
export const callsOf = (tape: Tape, output: number): number =>
  waysBack(tape, output).reduce((sum, ways) => sum + ways, 0)

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** What passes visit: reverse mode, one pass for each output; forward mode, one for each input. */
export const visits = (tape: Tape): { reverse: number; forward: number } => ({
  reverse: sum(tape.outputs.map((output) => behind(tape, output).length)),
  forward: sum(Array.from({ length: tape.inputs }, (_, input) => ahead(tape, input).length)),
})
