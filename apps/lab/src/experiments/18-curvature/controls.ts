import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  rate: { kind: "number", label: "Rate η", min: 0.25, max: 0.6, step: 0.05, default: 0.3 },
  width: {
    kind: "number",
    label: "Units in each hidden layer",
    min: 8,
    max: 24,
    step: 4,
    default: 16,
    whole: true,
  },
  steps: { kind: "number", label: "Steps", min: 200, max: 2000, step: 100, whole: true, default: 600 },
  lambda: {
    kind: "number",
    label: "Curvature λ of the parabola",
    min: 0.1,
    max: 100,
    step: 10,
    scale: "log",
    default: 1,
  },
  seed: { kind: "number", label: "Seed", min: 0, max: 99, step: 1, whole: true, default: 1 },
  broken: { kind: "switch", label: "Break the law: take half the rate", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>

/** Rates of the two runs on the parabola, as shares of 2/λ. */
export const NEAR_EDGE = [0.98, 1.02] as const
