import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  offset: {
    kind: "number",
    label: "Offset ε from the ridge",
    min: 1e-10,
    max: 0.1,
    step: 4,
    scale: "log",
    default: 1e-4,
  },
  rate: { kind: "number", label: "Rate η", min: 0.01, max: 0.5, step: 0.01, default: 0.1 },
  beta: { kind: "number", label: "Momentum β", min: 0, max: 0.99, step: 0.01, default: 0.9 },
  curvature: { kind: "number", label: "Curvature c of the saddle", min: 0.2, max: 3, step: 0.1, default: 1 },
  broken: { kind: "switch", label: "Break the law: start 100 times farther off", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>
