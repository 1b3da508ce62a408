import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  kappa: {
    kind: "number",
    label: "Condition number κ",
    help: "How many times steeper the bowl is across than along.",
    min: 2,
    max: 1000,
    step: 10,
    scale: "log",
    default: 100,
  },
  rate: { kind: "number", label: "Rate α·λmax of your run", min: 0.01, max: 3.9, step: 0.01, default: 1 },
  beta: { kind: "number", label: "Momentum β of your run", min: 0, max: 0.99, step: 0.01, default: 0.8 },
  nesterov: { kind: "switch", label: "Nesterov's momentum in your run", default: false },
  broken: { kind: "switch", label: "Break the law: shrink the rate with the momentum", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>
