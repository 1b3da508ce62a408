import { readValues, writeValues } from "../experiments/controls.ts"
import type { Name, Values } from "./controls.ts"
import { controls, defaults } from "./controls.ts"

export type { Name, Values } from "./controls.ts"
export { controls, defaults } from "./controls.ts"

/** Names of TensorFlow Playground's links that do nothing there either, or that say how its page looks. */
const idle = new Set(["cosX", "cosY", "collectStats", "hideText", "tutorial", "tutorialName"])

/** Most layers and units that the page draws. */
export const limits = { layers: 10, units: 16 } as const

export interface PlaygroundLink {
  readonly values: Values
  /** Controls that a preset hides: `NAME_hide=true`. */
  readonly hidden: ReadonlySet<string>
  readonly warnings: readonly string[]
}

/** A link's state, ours or TensorFlow Playground's. What it does not take is said. */
export function readLink(query: URLSearchParams): PlaygroundLink {
  const known = new URLSearchParams()
  const hidden = new Set<string>()
  const extra: string[] = []
  let foreign = false
  for (const [name, text] of query) {
    const boolean = text === "true" || text === "false"
    foreign ||= boolean || name === "collectStats"
    if (name.endsWith("_hide")) {
      if (text === "true" || text === "1") hidden.add(name.slice(0, -"_hide".length))
    } else if (idle.has(name)) {
      if (text === "true") extra.push(`The link sets “${name}”, which has no effect here.`)
    } else known.set(name, boolean ? (text === "true" ? "1" : "0") : text)
  }
  if (foreign && !known.has("mode")) known.set("mode", "playground")
  const { values, warnings } = readValues(controls, known)
  const checked = checkShape(values)
  return { values: checked.values, hidden, warnings: [...warnings, ...checked.warnings, ...extra] }
}

export function writeLink(values: Values, hidden: ReadonlySet<string>): URLSearchParams {
  const query = writeValues(controls, values)
  for (const name of hidden) query.set(`${name}_hide`, "1")
  return query
}

function checkShape(values: Values): { values: Values; warnings: string[] } {
  const { networkShape, activations, norms } = values
  const sizes = networkShape === "" ? [] : networkShape.split(",").map(Number)
  const warnings: string[] = []
  let checked = values
  const fits = sizes.every((n) => Number.isInteger(n) && n >= 1 && n <= limits.units)
  if (!fits || sizes.length > limits.layers) {
    warnings.push(
      `The link sets the hidden layers to “${networkShape}”; they are at most ${limits.layers} of 1 to ${limits.units} neurons.`,
    )
    checked = { ...checked, networkShape: defaults.networkShape, activations: "", norms: "" }
  }
  const known = (list: string, { options }: { options: readonly (readonly [string, string])[] }): boolean =>
    list.split(",").every((name) => name === "" || options.some(([option]) => option === name))
  if (!known(activations, controls.activation)) {
    warnings.push(`The link sets the activations to “${activations}”, which are not all known.`)
    checked = { ...checked, activations: "" }
  }
  if (!known(norms, controls.norm)) {
    warnings.push(`The link sets the normalisations to “${norms}”, which are not all known.`)
    checked = { ...checked, norms: "" }
  }
  return { values: checked, warnings }
}

export const hiddenSizes = ({ networkShape }: Values): number[] =>
  networkShape === "" ? [] : networkShape.split(",").map(Number)

export type Activation = (typeof controls.activation.options)[number][0]

export type Norm = (typeof controls.norm.options)[number][0]

/** What each hidden layer has: its own, or the one of all. */
function byLayer<T extends string>(values: Values, own: string, all: T): T[] {
  const names = values.mode === "playground" ? [] : own.split(",")
  return hiddenSizes(values).map((_, i) => ((names[i] ?? "") === "" ? all : (names[i] as T)))
}

/** The activation of each hidden layer. */
export const activationsOf = (values: Values): Activation[] =>
  byLayer(values, values.activations, values.activation as Activation)

/** The normalisation of each hidden layer. */
export const normsOf = (values: Values): Norm[] =>
  byLayer(values, values.norms, values.mode === "playground" ? "none" : (values.norm as Norm))

/** The share of units that training leaves out. */
export const dropoutOf = ({ mode, dropout }: Values): number => (mode === "playground" ? 0 : dropout)

/** Optimizers whose step has a length of its own: a rate of 1 is the whole of it. */
export const wholeSteps: ReadonlySet<string> = new Set([
  "newton",
  "lbfgs",
  "hessianFree",
  "gaussNewton",
  "levenbergMarquardt",
  "naturalGradient",
])

/** The state of the second run beside the first: the same but for what `compare` says, seeds included. */
export function otherOf(values: Values): Values | null {
  if (values.compare === "") return null
  const changes = new URLSearchParams(values.compare)
  const { values: read } = readValues(controls, changes)
  const other: Record<string, unknown> = { ...values, edits: "" }
  for (const name of changes.keys()) if (name in controls) other[name] = read[name as Name]
  return other as Values
}

/** What of the state can change while a run goes on; anything else begins a new one. */
const live: ReadonlySet<Name> = new Set([
  "learningRate",
  "regularization",
  "regularizationRate",
  "showTestData",
  "discretize",
  "speed",
  "stopEpoch",
  "stopLoss",
  "edits",
] satisfies Name[])

export function needsRestart(before: Values, after: Values): boolean {
  return (Object.keys(controls) as Name[]).some((name) => before[name] !== after[name] && !live.has(name))
}
