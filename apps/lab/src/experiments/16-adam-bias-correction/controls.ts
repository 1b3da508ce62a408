import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  beta1: { kind: "number", label: "β₁", min: 0, max: 0.99, step: 0.01, default: 0.9 },
  beta2: { kind: "number", label: "β₂", min: 0.5, max: 0.9999, step: 0.0001, default: 0.999 },
  rate: {
    kind: "number",
    label: "Learning rate η",
    min: 1e-4,
    max: 1,
    step: 10,
    scale: "log",
    default: 0.01,
  },
  gradient: { kind: "number", label: "Gradient", min: 1e-3, max: 1e3, step: 4, scale: "log", default: 1 },
  steps: { kind: "number", label: "Steps", min: 10, max: 2000, step: 10, whole: true, default: 200 },
  broken: { kind: "switch", label: "Break the law: leave the correction out", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>
