import type { Controls, ValuesOf } from "../experiments/controls.ts"
import { defaultsOf, readValues, writeValues } from "../experiments/controls.ts"

/**
 * All that can be set, under the names that TensorFlow Playground has in its links where it has one. The values are the
 * whole state of a run: with them the same run comes out.
 */
export const controls = {
  mode: {
    kind: "choice",
    label: "Algorithm",
    options: [
      ["lab", "nabla"],
      ["playground", "TensorFlow Playground’s"],
    ],
    default: "lab",
    help: "The second one does exactly what TensorFlow Playground does; the first has an optimizer, a loss and an initialisation of your choice.",
  },
  problem: {
    kind: "choice",
    label: "Problem",
    options: [
      ["classification", "Classification"],
      ["regression", "Regression"],
      ["multiclass", "Three classes"],
    ],
    default: "classification",
  },
  dataset: {
    kind: "choice",
    label: "Data for classification",
    options: [
      ["circle", "Circle"],
      ["xor", "Exclusive or"],
      ["gauss", "Two clouds"],
      ["spiral", "Spiral"],
      ["own", "Own points"],
    ],
    default: "circle",
  },
  regDataset: {
    kind: "choice",
    label: "Data for regression",
    options: [
      ["reg-plane", "Plane"],
      ["reg-gauss", "Cones"],
      ["own", "Own points"],
    ],
    default: "reg-plane",
  },
  percTrainData: {
    kind: "number",
    label: "Share that trains, %",
    min: 10,
    max: 90,
    step: 10,
    whole: true,
    default: 50,
  },
  noise: { kind: "number", label: "Noise", min: 0, max: 50, step: 5, whole: true, default: 0 },
  batchSize: { kind: "number", label: "Batch size", min: 1, max: 30, step: 1, whole: true, default: 10 },
  seed: { kind: "text", label: "Seed of the data", maxLength: 40, default: "0.12345" },
  weightSeed: {
    kind: "text",
    label: "Seed of the weights",
    maxLength: 40,
    default: "",
    help: "Empty: the numbers that follow those of the data, as on TensorFlow Playground.",
  },
  x: { kind: "switch", label: "x", default: true },
  y: { kind: "switch", label: "y", default: true },
  xSquared: { kind: "switch", label: "x²", default: false },
  ySquared: { kind: "switch", label: "y²", default: false },
  xTimesY: { kind: "switch", label: "x·y", default: false },
  sinX: { kind: "switch", label: "sin x", default: false },
  sinY: { kind: "switch", label: "sin y", default: false },
  formulas: {
    kind: "text",
    label: "Own features",
    maxLength: 300,
    default: "",
    help: "Formulas of x and y, with ; between them, such as sqrt(x^2+y^2); x*sin(y)",
  },
  networkShape: { kind: "text", label: "Hidden layers", maxLength: 60, default: "4,2" },
  activation: {
    kind: "choice",
    label: "Activation",
    options: [
      ["relu", "ReLU"],
      ["tanh", "Tanh"],
      ["sigmoid", "Sigmoid"],
      ["linear", "Linear"],
      ["leakyRelu", "Leaky ReLU"],
      ["elu", "ELU"],
      ["selu", "SELU"],
      ["gelu", "GELU"],
      ["silu", "SiLU"],
      ["softplus", "Softplus"],
      ["mish", "Mish"],
    ],
    default: "tanh",
  },
  activations: { kind: "text", label: "Activations by layer", maxLength: 80, default: "" },
  regularization: {
    kind: "choice",
    label: "Regularisation",
    options: [
      ["none", "None"],
      ["L1", "L1"],
      ["L2", "L2"],
    ],
    default: "none",
  },
  regularizationRate: {
    kind: "number",
    label: "Regularisation rate",
    min: 0,
    max: 10,
    step: 0.001,
    default: 0,
  },
  learningRate: {
    kind: "number",
    label: "Learning rate",
    min: 1e-5,
    max: 10,
    step: 3,
    scale: "log",
    default: 0.03,
  },
  optimizer: {
    kind: "choice",
    label: "Optimizer",
    options: [
      ["sgd", "SGD"],
      ["momentum", "SGD, momentum 0.9"],
      ["nesterov", "SGD, Nesterov 0.9"],
      ["adagrad", "Adagrad"],
      ["adadelta", "Adadelta"],
      ["rmsprop", "RMSprop"],
      ["adam", "Adam"],
      ["adamW", "AdamW"],
      ["adamax", "Adamax"],
      ["nAdam", "NAdam"],
      ["rAdam", "RAdam"],
      ["adaBelief", "AdaBelief"],
      ["adaBound", "AdaBound"],
      ["amsBound", "AMSBound"],
      ["yogi", "Yogi"],
      ["lion", "Lion"],
      ["lamb", "LAMB"],
      ["lars", "LARS"],
      ["adafactor", "Adafactor"],
      ["muon", "Muon"],
      ["shampoo", "Shampoo"],
      ["rprop", "Rprop"],
      ["asgd", "ASGD"],
      ["lookahead", "Lookahead (Adam)"],
    ],
    default: "sgd",
  },
  loss: {
    kind: "choice",
    label: "Loss",
    options: [
      ["auto", "Fitting the problem"],
      ["square", "½ (o − t)²"],
      ["mse", "Mean square"],
      ["mae", "Mean absolute"],
      ["huber", "Huber"],
      ["logistic", "Logistic"],
      ["hinge", "Hinge"],
    ],
    default: "auto",
  },
  init: {
    kind: "choice",
    label: "Initialisation",
    options: [
      ["uniform", "U(−½, ½)"],
      ["xavierUniform", "Xavier, uniform"],
      ["xavierNormal", "Xavier, normal"],
      ["heUniform", "He, uniform"],
      ["heNormal", "He, normal"],
      ["lecunNormal", "LeCun, normal"],
      ["orthogonal", "Orthogonal"],
      ["zeros", "Zero"],
    ],
    default: "xavierUniform",
  },
  initZero: { kind: "switch", label: "Start at zero", default: false },
  norm: {
    kind: "choice",
    label: "Normalisation",
    options: [
      ["none", "None"],
      ["batch", "Batch norm"],
      ["layer", "Layer norm"],
      ["rms", "RMS norm"],
    ],
    default: "none",
  },
  skip: {
    kind: "choice",
    label: "Skip connections",
    options: [
      ["none", "None"],
      ["residual", "Around layers of equal width"],
      ["inputs", "Features to every layer"],
    ],
    default: "none",
  },
  schedule: {
    kind: "choice",
    label: "Schedule of the rate",
    options: [
      ["constant", "Constant"],
      ["step", "Steps"],
      ["exponential", "Exponential"],
      ["cosine", "Cosine"],
      ["restarts", "Cosine with restarts"],
      ["cyclical", "Cyclical"],
      ["oneCycle", "One cycle"],
      ["warmUp", "Warm-up"],
    ],
    default: "constant",
  },
  scheduleEpochs: {
    kind: "number",
    label: "Epochs of the schedule",
    min: 10,
    max: 10_000,
    step: 10,
    whole: true,
    default: 200,
  },
  stopEpoch: {
    kind: "number",
    label: "Stop at epoch (0: never)",
    min: 0,
    max: 1e6,
    step: 100,
    whole: true,
    default: 0,
  },
  stopLoss: {
    kind: "number",
    label: "Stop at test loss (0: never)",
    min: 0,
    max: 10,
    step: 0.001,
    default: 0,
  },
  showTestData: { kind: "switch", label: "Show test data", default: false },
  discretize: { kind: "switch", label: "Discretise the output", default: false },
  speed: {
    kind: "choice",
    label: "Speed",
    options: [
      ["1", "1 epoch a frame"],
      ["10", "10 epochs a frame"],
      ["max", "As fast as it goes"],
    ],
    default: "1",
  },
  compare: {
    kind: "text",
    label: "What a second run does otherwise",
    maxLength: 120,
    default: "",
  },
  edits: { kind: "text", label: "Edited weights", maxLength: 2000, default: "" },
  points: { kind: "text", label: "Own points", maxLength: 60_000, default: "" },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>
export type Name = keyof Values

export const defaults: Values = defaultsOf(controls)

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
  const { networkShape, activations } = values
  const sizes = networkShape === "" ? [] : networkShape.split(",").map(Number)
  const warnings: string[] = []
  let checked = values
  const fits = sizes.every((n) => Number.isInteger(n) && n >= 1 && n <= limits.units)
  if (!fits || sizes.length > limits.layers) {
    warnings.push(
      `The link sets the hidden layers to “${networkShape}”; they are at most ${limits.layers} of 1 to ${limits.units} neurons.`,
    )
    checked = { ...checked, networkShape: defaults.networkShape, activations: "" }
  }
  const names = new Set(controls.activation.options.map(([name]) => name as string))
  if (activations !== "" && !activations.split(",").every((name) => name === "" || names.has(name))) {
    warnings.push(`The link sets the activations to “${activations}”, which are not all known.`)
    checked = { ...checked, activations: "" }
  }
  return { values: checked, warnings }
}

export const hiddenSizes = ({ networkShape }: Values): number[] =>
  networkShape === "" ? [] : networkShape.split(",").map(Number)

export type Activation = (typeof controls.activation.options)[number][0]

/** The activation of each hidden layer. */
export function activationsOf(values: Values): Activation[] {
  const own = values.mode === "playground" || values.activations === "" ? [] : values.activations.split(",")
  return hiddenSizes(values).map((_, i) => ((own[i] ?? "") === "" ? values.activation : own[i]) as Activation)
}

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
