import type { Controls, ValuesOf } from "../controls.ts"

/** Functions of one number that `nn` has; without hardshrink, whose jumps the theory of wide nets does not follow well enough. */
const names = [
  ["sigmoid", "sigmoid"],
  ["tanh", "tanh"],
  ["relu", "ReLU"],
  ["leakyRelu", "leaky ReLU"],
  ["prelu", "PReLU, at its start"],
  ["rrelu", "RReLU, mean slope"],
  ["elu", "ELU"],
  ["selu", "SELU"],
  ["celu", "CELU, α = 2"],
  ["softplus", "softplus"],
  ["silu", "SiLU (swish)"],
  ["gelu", "GELU"],
  ["geluTanh", "GELU, by tanh"],
  ["mish", "mish"],
  ["hardswish", "hard swish"],
  ["hardsigmoid", "hard sigmoid"],
  ["hardtanh", "hard tanh"],
  ["relu6", "ReLU6"],
  ["softsign", "softsign"],
  ["logsigmoid", "log-sigmoid"],
  ["tanhshrink", "tanh shrink"],
  ["softshrink", "soft shrink"],
  ["threshold", "threshold at 0.5"],
] as const

const schemes = [
  ["xavierNormal", "Xavier: 1/n"],
  ["heNormal", "He: 2/n"],
  ["fitted", "fitted: 1/(n·E f(z)²)"],
] as const

export const controls = {
  activation: { kind: "choice", label: "Activation f", options: names, default: "sigmoid" },
  scheme: { kind: "choice", label: "Variance of its weights", options: schemes, default: "xavierNormal" },
  other: { kind: "choice", label: "Compared with", options: names, default: "relu" },
  otherScheme: {
    kind: "choice",
    label: "Variance of the other's weights",
    options: schemes,
    default: "heNormal",
  },
  point: {
    kind: "number",
    label: "A pre-activation x",
    help: "Or drag the dot on the curve.",
    min: -6,
    max: 6,
    step: 0.1,
    default: 2,
  },
  sigma: {
    kind: "number",
    label: "Spread σ of the inputs",
    min: 0.1,
    max: 10,
    step: 20,
    scale: "log",
    default: 1,
  },
  slope: {
    kind: "number",
    label: "Slope of leaky ReLU and PReLU below 0",
    min: 0,
    max: 0.5,
    step: 0.01,
    default: 0.1,
  },
  depth: { kind: "number", label: "Layers", min: 2, max: 30, step: 1, whole: true, default: 10 },
  width: {
    kind: "number",
    label: "Units in a layer",
    min: 64,
    max: 320,
    step: 64,
    whole: true,
    default: 256,
  },
  seed: { kind: "number", label: "Seed", min: 0, max: 999, step: 1, whole: true, default: 0 },
  broken: { kind: "switch", label: "Break the law: double every weight", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>

/** Nets that are drawn with seeds of their own: a net of finite width is off by chance. */
export const NETS = 4

/** Inputs that go through a net at once. A unit is dead when it has no slope for any of them. */
export const BATCH = 64

export const labelOf = (name: string): string => names.find(([value]) => value === name)![1]
