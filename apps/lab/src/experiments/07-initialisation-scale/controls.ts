import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  scheme: {
    kind: "choice",
    label: "Scheme",
    options: [
      ["gaussian", "Gaussian with the σ below"],
      ["xavierNormal", "Xavier (Glorot)"],
      ["xavierSimplified", "Xavier, simplified: 1/n"],
      ["heNormal", "He (Kaiming)"],
      ["orthogonal", "orthogonal"],
    ],
    default: "xavierNormal",
  },
  sigma: {
    kind: "number",
    label: "σ of the Gaussian",
    min: 1e-3,
    max: 3,
    step: 10,
    scale: "log",
    default: 0.01,
  },
  activation: {
    kind: "choice",
    label: "Activation",
    options: [
      ["tanh", "tanh"],
      ["relu", "ReLU"],
      ["sigmoid", "sigmoid"],
      ["linear", "none"],
    ],
    default: "tanh",
  },
  depth: { kind: "number", label: "Layers", min: 2, max: 40, step: 1, whole: true, default: 10 },
  width: { kind: "number", label: "Width", min: 32, max: 320, step: 32, whole: true, default: 256 },
  seed: { kind: "number", label: "Seed", min: 0, max: 999, step: 1, whole: true, default: 0 },
  broken: { kind: "switch", label: "Break the law: double every weight", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>

/** Nets that are drawn: one of finite width is off by chance. */
export const NETS = 2
