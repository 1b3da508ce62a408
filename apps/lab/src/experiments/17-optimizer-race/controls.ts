import type { ChoiceControl, Controls, NumberControl, TextControl, ValuesOf } from "../controls.ts"

/** Optimizers that move a point by what the loss says there, by the names of nabla/optim. */
export const OPTIMIZERS = [
  ["sgd", "Gradient descent"],
  ["momentum", "Momentum"],
  ["nesterov", "Nesterov"],
  ["adagrad", "Adagrad"],
  ["adadelta", "Adadelta"],
  ["rmsprop", "RMSProp"],
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
  ["shampoo", "Shampoo"],
  ["sophia", "Sophia"],
  ["rprop", "Rprop"],
  ["asgd", "ASGD"],
  ["lookahead", "Lookahead around Adam"],
  ["sam", "SAM around gradient descent"],
  ["newton", "Newton"],
  ["lbfgs", "L-BFGS"],
  ["hessianFree", "Hessian-free"],
] as const

const optimizer = (letter: string, chosen: string): ChoiceControl => ({
  kind: "choice",
  label: `Runner ${letter}`,
  options: [["none", "nobody"], ...OPTIMIZERS],
  default: chosen,
})

const rate = (letter: string, value: number): NumberControl => ({
  kind: "number",
  label: `Rate of ${letter}`,
  ...{ min: 1e-5, max: 10, step: 10, scale: "log", default: value },
})

const more = (letter: string): TextControl => ({
  kind: "text",
  label: `Other settings of ${letter}`,
  maxLength: 80,
  default: "",
})

export const controls = {
  surface: {
    kind: "choice",
    label: "Where they run",
    options: [
      ["rosenbrock", "Rosenbrock’s valley"],
      ["quadratic", "bowl"],
      ["noisyQuadratic", "noisy bowl"],
      ["ravine", "ravine that winds"],
      ["plateau", "hole in a plateau"],
      ["saddle", "saddle"],
      ["monkeySaddle", "monkey saddle"],
      ["beale", "Beale"],
      ["himmelblau", "Himmelblau: four minima"],
      ["styblinskiTang", "Styblinski–Tang"],
      ["rastrigin", "Rastrigin: many minima"],
      ["ackley", "Ackley"],
      ["expression", "the formula below"],
      ["net", "a net with 25 parameters"],
    ],
    default: "rosenbrock",
  },
  a: optimizer("A", "sgd"),
  rateA: rate("A", 0.002),
  moreA: {
    ...more("A"),
    help: "As in momentum=0.9, betas=[0.8, 0.99]: the names of the optimizer’s own options in nabla.",
  },
  b: optimizer("B", "momentum"),
  rateB: rate("B", 0.001),
  moreB: more("B"),
  c: optimizer("C", "rmsprop"),
  rateC: rate("C", 0.05),
  moreC: more("C"),
  d: optimizer("D", "adam"),
  rateD: rate("D", 0.3),
  moreD: more("D"),
  steps: { kind: "number", label: "Steps", min: 20, max: 500, step: 10, whole: true, default: 150 },
  start: {
    kind: "choice",
    label: "Start",
    options: [
      ["usual", "the usual one of this surface"],
      ["own", "as set below, or dragged on the map"],
    ],
    default: "usual",
  },
  startX: {
    kind: "number",
    label: "Start across: −1 left, 1 right",
    min: -1,
    max: 1,
    step: 0.01,
    default: 0.5,
  },
  startY: { kind: "number", label: "Start up: −1 bottom, 1 top", min: -1, max: 1, step: 0.01, default: 0.5 },
  kappa: {
    kind: "number",
    label: "Condition number κ of the bowls",
    min: 1,
    max: 1000,
    step: 10,
    scale: "log",
    default: 10,
  },
  angle: {
    kind: "number",
    label: "Angle of the bowls and the saddle, in degrees",
    min: 0,
    max: 90,
    step: 1,
    default: 30,
  },
  formula: {
    kind: "text",
    label: "Formula in x and y",
    maxLength: 120,
    default: "x^4 - 2*x^2 + y^2 + x*y/2",
  },
  seed: {
    kind: "number",
    label: "Seed of the noise and of the net",
    min: 0,
    max: 99,
    step: 1,
    whole: true,
    default: 0,
  },
  share: {
    kind: "number",
    label: "η·λ of gradient descent on the parabola",
    min: 0.05,
    max: 2.5,
    step: 0.05,
    default: 1.7,
  },
  broken: { kind: "switch", label: "Break the law: record every second step only", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>

/** What is set for each runner. */
export interface Entry {
  readonly letter: string
  readonly optimizer: string
  readonly rate: number
  readonly more: string
}

/** Those who run. */
export function entriesOf(values: Values): Entry[] {
  const { a, b, c, d } = values
  const all = [
    { letter: "A", optimizer: a, rate: values.rateA, more: values.moreA },
    { letter: "B", optimizer: b, rate: values.rateB, more: values.moreB },
    { letter: "C", optimizer: c, rate: values.rateC, more: values.moreC },
    { letter: "D", optimizer: d, rate: values.rateD, more: values.moreD },
  ]
  return all.filter(({ optimizer }) => optimizer !== "none")
}

/** Runners that are gradient descent and nothing else. */
export const isPlain = ({ optimizer, more }: Entry): boolean => optimizer === "sgd" && more.trim() === ""
