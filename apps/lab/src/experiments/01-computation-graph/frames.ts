import type { Values } from "./controls.ts"
import type { Pass } from "./passes.ts"
import type { View } from "./run.ts"
import { readBy } from "./theory.ts"
import { localTex, texOf, writtenTex } from "./words.ts"

export type Phase = "values" | "reverse" | "forward"
const phases: readonly Phase[] = ["values", "reverse", "forward"]

/** What is known at one step of one pass. */
export interface Frame {
  readonly phase: Phase
  /** Number of the output or input that the pass starts from. */
  readonly pass: number
  readonly step: number
  readonly last: number
  /** The operation that the step is at. */
  readonly current: number | null
  /** Its value, and its gradient or tangent as far as it has come; null: not yet. */
  readonly values: readonly (number | null)[]
  readonly marks: readonly (number | null)[]
  /** What the step does; `$…$` is KaTeX. */
  readonly sentence: string
}

const number = (value: number): string => {
  const text = String(Number(value.toPrecision(4)))
  const [mantissa, exponent] = text.split("e")
  return exponent === undefined ? text : `${mantissa}\\cdot10^{${Number(exponent)}}`
}
const factor = (value: number): string => (value < 0 ? `(${number(value)})` : number(value))

/** Passes of a phase, as they start. */
export const startsOf = ({ tape }: View, phase: Phase): number =>
  phase === "values" ? 1 : phase === "reverse" ? tape.outputs.length : tape.inputs

const passOf = (view: View, phase: Phase, pass: number): Pass | null =>
  phase === "values" ? null : view[phase][pass - 1]!

const lastOf = (view: View, phase: Phase, pass: number): number =>
  passOf(view, phase, pass)?.order.length ?? view.tape.operations.length

/** Whether the derivative passes from an operation to what it read. */
const passes = (view: View, source: number): boolean => !view.broken || source !== view.tape.inputs

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

/** What an operation hands back to each place that it read: the gradient there times the local derivative. */
const handed = ({ tape, locals }: View, place: number, source: number): number =>
  place < tape.inputs
    ? 0
    : sum(
        tape.operations[place - tape.inputs]!.args.map((arg, i) => ({ arg, i })),
        ({ arg, i }) => ("place" in arg && arg.place === source ? locals[place - tape.inputs]![i]! : 0),
      )

/** Gradients after some operations have been visited: sums of what they handed back. */
function gradients(view: View, pass: number, step: number): (number | null)[] {
  const { order, marks, result } = view.reverse[pass - 1]!
  const seed = view.tape.outputs[pass - 1]!
  return view.values.map((_, place) => {
    const at = order.indexOf(place)
    // What nabla's pass brought there counts, as soon as it is there.
    if (at >= 0 && at < step) return marks[at]!
    if (place < view.tape.inputs && step === order.length) return result[place]!
    const givers = order.slice(0, step).filter((giver) => readBy(view.tape, giver).includes(place))
    if (place === seed) return 1
    if (givers.length === 0 || !passes(view, place)) return null
    return sum(givers, (giver) => marks[order.indexOf(giver)]! * handed(view, giver, place))
  })
}

function tangents(view: View, pass: number, step: number): (number | null)[] {
  const { order, marks } = view.forward[pass - 1]!
  return view.values.map((_, place) => {
    if (place < view.tape.inputs) return place === pass - 1 ? 1 : 0
    const at = order.indexOf(place)
    return at >= 0 && at < step ? marks[at]! : step === order.length ? 0 : null
  })
}

const overlined = (name: string): string => `\\bar ${name}`
const dotted = (name: string): string => `\\dot ${name}`

function ofValue(view: View, place: number): string {
  const { tape, values } = view
  const operation = tape.operations[place - tape.inputs]!
  return `$${texOf(tape, place)}=${writtenTex(tape, operation)}=${number(values[place]!)}$.`
}

/** The arguments that a derivative goes to or comes from, with the local derivative of each. */
function sources(view: View, place: number): { source: number; local: number; by: string }[] {
  const { tape, locals } = view
  const operation = tape.operations[place - tape.inputs]!
  return operation.args.flatMap((arg, i) =>
    "place" in arg
      ? [{ source: arg.place, local: locals[place - tape.inputs]![i]!, by: localTex(tape, operation, i) }]
      : [],
  )
}

function ofGradient(view: View, place: number, gradient: number): string {
  const { tape } = view
  const me = texOf(tape, place)
  const parts = sources(view, place).map(({ source, local, by }) => {
    const to = texOf(tape, source)
    if (!passes(view, source)) return `$${to}$ is detached: it gets nothing.`
    const slope = `\\tfrac{\\partial ${me}}{\\partial ${to}}`
    const why = by === number(local) ? by : `${by}=${number(local)}`
    const product = `${factor(gradient)}\\cdot${factor(local)}=${number(gradient * local)}`
    return `It adds $${overlined(me)}\\,${slope}=${product}$ to $${overlined(to)}$, since $${slope}=${why}$.`
  })
  return `$${overlined(me)}=${number(gradient)}$ is complete. ${parts.join(" ")}`
}

function ofTangent(view: View, place: number, tangent: number, known: readonly (number | null)[]): string {
  const { tape } = view
  const me = texOf(tape, place)
  const terms = sources(view, place).map(({ source, local, by }) => ({
    symbols: `${by === "1" ? "" : by === "-1" ? "-" : `(${by})\\,`}${dotted(texOf(tape, source))}`,
    numbers: `${factor(local)}\\cdot${factor(known[source] ?? 0)}`,
  }))
  const joined = (of: "symbols" | "numbers"): string =>
    terms
      .map((term) => term[of])
      .join("+")
      .replaceAll("+-", "-")
  return `$${dotted(me)}=${joined("symbols")}=${joined("numbers")}=${number(tangent)}$.`
}

function begin(view: View, phase: Phase, pass: number): string {
  const { tape } = view
  if (phase === "values") return "The inputs are given. Each step computes one operation from what it reads."
  if (phase === "reverse") {
    const end = texOf(tape, tape.outputs[pass - 1]!)
    return `The pass starts at output ${pass}: $${overlined(end)}=\\partial ${end}/\\partial ${end}=1$.`
  }
  const start = texOf(tape, pass - 1)
  return `The pass starts at input ${pass}: $${dotted(start)}=1$, and 0 at the others. A tangent is the derivative by $${start}$.`
}

function sentenceOf(view: View, frame: Omit<Frame, "sentence">): string {
  const { phase, pass, current, marks } = frame
  if (current === null) return begin(view, phase, pass)
  if (phase === "values") return ofValue(view, current)
  return phase === "reverse"
    ? ofGradient(view, current, marks[current]!)
    : ofTangent(view, current, marks[current]!, marks)
}

/** What is to be seen at the phase, pass and step that are set; what is beyond the end is the end. */
export function frameOf(view: View, values: Pick<Values, "phase" | "pass" | "step">): Frame {
  const phase = values.phase as Phase
  const pass = Math.min(values.pass, startsOf(view, phase))
  const last = lastOf(view, phase, pass)
  const step = Math.min(values.step, last)
  const { inputs } = view.tape
  const current =
    step === 0 ? null : phase === "values" ? inputs + step - 1 : passOf(view, phase, pass)!.order[step - 1]!
  const frame = {
    phase,
    pass,
    step,
    last,
    current,
    values: view.values.map((value, place) => (phase === "values" && place >= inputs + step ? null : value)),
    marks:
      phase === "values"
        ? view.values.map(() => null)
        : phase === "reverse"
          ? gradients(view, pass, step)
          : tangents(view, pass, step),
  }
  return { ...frame, sentence: sentenceOf(view, frame) }
}

export type Place = Pick<Values, "phase" | "pass" | "step">

/** The step after one: through each pass of each phase, in order. Null at the very end. */
export function after(view: View, { phase, pass, step, last }: Frame): Place | null {
  if (step < last) return { phase, pass, step: step + 1 }
  if (pass < startsOf(view, phase)) return { phase, pass: pass + 1, step: 0 }
  const next = phases[phases.indexOf(phase) + 1]
  return next === undefined ? null : { phase: next, pass: 1, step: 0 }
}

/** The step before one. Null at the very beginning. */
export function before(view: View, { phase, pass, step }: Frame): Place | null {
  if (step > 0) return { phase, pass, step: step - 1 }
  if (pass > 1) return { phase, pass: pass - 1, step: lastOf(view, phase, pass - 1) }
  const former = phases[phases.indexOf(phase) - 1]
  if (former === undefined) return null
  const starts = startsOf(view, former)
  return { phase: former, pass: starts, step: lastOf(view, former, starts) }
}

/** The step that is at an operation, in the phase and pass of a frame; null where the pass does not come to it. */
export function stepAt(view: View, { phase, pass }: Frame, place: number): Place | null {
  const { inputs } = view.tape
  const order = passOf(view, phase, pass)?.order ?? view.values.map((_, i) => i).slice(inputs)
  const at = order.indexOf(place)
  return at < 0 ? null : { phase, pass, step: at + 1 }
}
