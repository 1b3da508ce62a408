import type { Argument, Operation, Tape } from "./tape.ts"

/** How operations and their derivatives are written: plain, for pictures, and in KaTeX, for sentences. */

const lowered = (number: number): string =>
  [...String(number)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]).join("")

/** x₁ for an input, v₁ for the result of an operation. */
export function nameOf({ inputs }: Tape, place: number): string {
  return place < inputs ? `x${lowered(place + 1)}` : `v${lowered(place - inputs + 1)}`
}

export function texOf({ inputs }: Tape, place: number): string {
  return place < inputs ? `x_{${place + 1}}` : `v_{${place - inputs + 1}}`
}

interface Wording {
  /** The operation, of its arguments as they are written. */
  readonly plain: (a: string, b: string) => string
  readonly tex: (a: string, b: string) => string
  /** Its derivatives by its arguments, in KaTeX. */
  readonly local: readonly ((a: string, b: string) => string)[]
}

const named = (name: string, local: (a: string) => string): Wording => ({
  plain: (a) => `${name} ${a}`,
  tex: (a) => `\\${name} ${a}`,
  local: [local],
})

const taken = (a: string): string => `1\\text{ if }${a}\\text{ is taken, else }0`

const chosen = (name: string): Wording => ({
  plain: (a, b) => `${name}(${a}, ${b})`,
  tex: (a, b) => `\\${name}(${a},${b})`,
  local: [(a) => taken(a), (_, b) => taken(b)],
})

const wordings: Readonly<Record<Operation["op"], Wording>> = {
  add: { plain: (a, b) => `${a} + ${b}`, tex: (a, b) => `${a}+${b}`, local: [() => "1", () => "1"] },
  sub: { plain: (a, b) => `${a} − ${b}`, tex: (a, b) => `${a}-${b}`, local: [() => "1", () => "-1"] },
  mul: { plain: (a, b) => `${a} · ${b}`, tex: (a, b) => `${a}\\,${b}`, local: [(_, b) => b, (a) => a] },
  div: {
    plain: (a, b) => `${a} / ${b}`,
    tex: (a, b) => `${a}/${b}`,
    local: [(_, b) => `1/${b}`, (a, b) => `-${a}/${b}^2`],
  },
  pow: {
    plain: (a, b) => `${a} ^ ${b}`,
    tex: (a, b) => `${a}^{${b}}`,
    local: [(a, b) => `${b}\\,${a}^{${b}-1}`, (a, b) => `${a}^{${b}}\\ln ${a}`],
  },
  neg: { plain: (a) => `−${a}`, tex: (a) => `-${a}`, local: [() => "-1"] },
  sin: named("sin", (a) => `\\cos ${a}`),
  cos: named("cos", (a) => `-\\sin ${a}`),
  exp: { plain: (a) => `exp ${a}`, tex: (a) => `e^{${a}}`, local: [(a) => `e^{${a}}`] },
  log: { plain: (a) => `ln ${a}`, tex: (a) => `\\ln ${a}`, local: [(a) => `1/${a}`] },
  sqrt: { plain: (a) => `√${a}`, tex: (a) => `\\sqrt{${a}}`, local: [(a) => `1/(2\\sqrt{${a}})`] },
  abs: {
    plain: (a) => `|${a}|`,
    tex: (a) => `|${a}|`,
    local: [(a) => `\\operatorname{sign} ${a}`],
  },
  tanh: named("tanh", (a) => `1-\\tanh^2 ${a}`),
  min: chosen("min"),
  max: chosen("max"),
}

/** A number as it stands in a formula. */
const short = (value: number): string => String(Number(value.toPrecision(4)))

const plainOf = (tape: Tape, arg: Argument): string =>
  "place" in arg ? nameOf(tape, arg.place) : short(arg.number).replace("-", "−")
const inTex = (tape: Tape, arg: Argument): string =>
  "place" in arg ? texOf(tape, arg.place) : arg.number < 0 ? `(${short(arg.number)})` : short(arg.number)

const filled = ([a = "", b = ""]: readonly string[]): [string, string] => [a, b]

export function written(tape: Tape, { op, args }: Operation): string {
  return wordings[op].plain(...filled(args.map((arg) => plainOf(tape, arg))))
}

export function writtenTex(tape: Tape, { op, args }: Operation): string {
  return wordings[op].tex(...filled(args.map((arg) => inTex(tape, arg))))
}

/** The derivative of an operation by one of its arguments. */
export function localTex(tape: Tape, { op, args }: Operation, argument: number): string {
  return wordings[op].local[argument]!(...filled(args.map((arg) => inTex(tape, arg))))
}
