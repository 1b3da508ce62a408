import type { Tensor } from "nabla"
import { NablaError, stack, tensor } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"
import type { Pass } from "./passes.ts"
import { forwardPasses, localDerivatives, reversePasses } from "./passes.ts"
import type { Tape } from "./tape.ts"
import { double, play, readPoint, record } from "./tape.ts"
import { nameOf, written } from "./words.ts"

/** A derivative by differences of values, and how far off it may be. */
export interface Difference {
  readonly value: number
  readonly error: number
}

export interface View {
  readonly tape: Tape
  readonly values: readonly number[]
  /** Of each operation by each of its arguments. */
  readonly locals: readonly (readonly number[])[]
  /** A pass for each output. */
  readonly reverse: readonly Pass[]
  /** A pass for each input. */
  readonly forward: readonly Pass[]
  /** Of each output by each input. */
  readonly differences: readonly (readonly Difference[])[]
  readonly broken: boolean
}

/** Reads all numbers together, so that nabla computes them together. */
function read(all: readonly Tensor[]): () => number {
  const numbers = stack(all).dataSync()
  let at = 0
  return () => numbers[at++]!
}

/** Distances of the two central differences: their error is of fourth order when they are put together. */
const STEP = 1e-3

/** Values at points about x, from which the differences are made; all in one go. */
function differencesAt(tape: Tape, point: readonly number[]): Difference[][] {
  const steps = point.map((x) => STEP * (Math.abs(x) || 1))
  const places = point.flatMap((x, i) =>
    [1, -1, 0.5, -0.5].map((share) => point.with(i, x + share * steps[i]!)),
  )
  const columns = point.map((_, i) =>
    tensor(
      places.map((place) => place[i]!),
      { dtype: "float64" },
    ),
  )
  const values = play(tape, columns)
  const outputs = tape.outputs.map((place) => values[place]!.dataSync())
  return outputs.map((found) => point.map((_, i) => differenceOf(found.slice(4 * i, 4 * i + 4), steps[i]!)))
}

/** Richardson's extrapolation; it is nearer than its two halves are to each other, but for rounding. */
function differenceOf(values: ArrayLike<number>, h: number): Difference {
  const [above, below, near, nearBelow] = Array.from(values) as [number, number, number, number]
  const [wide, narrow] = [(above - below) / (2 * h), (near - nearBelow) / h]
  const rounding = (16 * Number.EPSILON * Math.max(...Array.from(values, Math.abs), 1e-300)) / h
  return { value: (4 * narrow - wide) / 3, error: Math.abs(narrow - wide) + rounding }
}

/** Where there is no value or no derivative there is nothing to show. */
function checkFinite(tape: Tape, values: readonly number[], locals: readonly (readonly number[])[]): void {
  tape.operations.forEach((operation, i) => {
    const what = Number.isFinite(values[tape.inputs + i]!) ? "derivative" : "value"
    if (what === "derivative" && locals[i]!.every(Number.isFinite)) return
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: `${nameOf(tape, tape.inputs + i)} = ${written(tape, operation)} has no ${what} here`,
      hint: "Choose a point where the functions can be computed and differentiated.",
    })
  })
}

export function* run({ functions, at, broken }: Values, _: Session): Generator<View> {
  const point = readPoint(at)
  const tape = record(functions, point.length)
  const values = play(tape, point.map(double))
  const locals = localDerivatives(tape, values)
  const reverse = reversePasses(tape, point, broken)
  const forward = forwardPasses(tape, point, broken)
  const passes = [...reverse, ...forward].flatMap(({ marks, result }) => [...marks, ...result])
  const next = read([...values, ...locals.flat(), ...passes])
  const numbers = {
    values: values.map(next),
    locals: locals.map((row) => row.map(next)),
    reverse: reverse.map((pass) => ({ ...pass, marks: pass.marks.map(next), result: pass.result.map(next) })),
    forward: forward.map((pass) => ({ ...pass, marks: pass.marks.map(next), result: pass.result.map(next) })),
  }
  checkFinite(tape, numbers.values, numbers.locals)
  yield { tape, ...numbers, differences: differencesAt(tape, point), broken }
}
