import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  angle: { kind: "number", label: "Angle of the bowl, in degrees", min: 0, max: 90, step: 1, default: 45 },
  kappa: {
    kind: "number",
    label: "Condition number κ",
    min: 2,
    max: 200,
    step: 10,
    scale: "log",
    default: 50,
  },
  rate: { kind: "number", label: "Rate of Adagrad", min: 0.2, max: 3, step: 0.05, default: 1.1 },
  beta: { kind: "number", label: "Momentum β", min: 0.1, max: 0.9, step: 0.05, default: 0.7 },
  broken: { kind: "switch", label: "Break the law: turn the bowl, not the start", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>
