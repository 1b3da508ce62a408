import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  norm: { kind: "switch", label: "Batch norm", default: true },
  placement: {
    kind: "choice",
    label: "Its place",
    options: [
      ["before", "before the non-linearity"],
      ["after", "after it"],
    ],
    default: "before",
  },
  sigma: {
    kind: "number",
    label: "σ of the weights",
    help: "Nets with a tenth of it and with ten times as much run beside.",
    min: 0.01,
    max: 1,
    step: 10,
    scale: "log",
    default: 0.1,
  },
  batch: {
    kind: "number",
    label: "Batch size B",
    help: "Of each worker, where there are several.",
    min: 2,
    max: 256,
    step: 10,
    scale: "log",
    whole: true,
    default: 64,
  },
  factor: {
    kind: "number",
    label: "Factor c on W",
    min: 0.01,
    max: 100,
    step: 10,
    scale: "log",
    default: 10,
  },
  workers: { kind: "number", label: "Workers K", min: 2, max: 8, step: 1, whole: true, default: 4 },
  sync: { kind: "switch", label: "Workers share their statistics", default: true },
  passes: {
    kind: "number",
    label: "Training passes before evaluation",
    min: 0,
    max: 100,
    step: 1,
    whole: true,
    default: 30,
  },
  gamma: { kind: "number", label: "γ", min: 0.5, max: 3, step: 0.1, default: 1 },
  beta: { kind: "number", label: "β", min: -0.5, max: 0.5, step: 0.1, default: 0 },
  epsilon: { kind: "number", label: "ε", min: 1e-8, max: 1e-3, step: 1, scale: "log", default: 1e-5 },
  depth: { kind: "number", label: "Layers", min: 2, max: 30, step: 1, whole: true, default: 20 },
  width: { kind: "number", label: "Width", min: 64, max: 256, step: 64, whole: true, default: 128 },
  seed: { kind: "number", label: "Seed", min: 0, max: 999, step: 1, whole: true, default: 0 },
  broken: {
    kind: "switch",
    label: "Break the law: take the statistics for constants in the derivative",
    default: false,
  },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>

/** Scales of initialisation that are compared, as multiples of the one that is set. */
export const MULTIPLES = [0.1, 1, 10] as const

/** Batch sizes of the pictures. */
export const SIZES = [2, 4, 8, 16, 32, 64, 128, 256] as const

/** Those of the picture of workers, each of which takes several batches. */
export const WORKER_SIZES = [2, 8, 32, 128] as const

/** The features that a single layer is given: their mean and standard deviation. */
export const MEAN = 1
export const STD = 2

/** Share of a batch in the running statistics: PyTorch's. */
export const MOMENTUM = 0.1

/** Factors on W of the pictures. */
export const FACTORS = [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2].map((power) => 10 ** power)
