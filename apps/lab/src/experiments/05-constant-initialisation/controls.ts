import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  constant: { kind: "number", label: "The constant", min: -1, max: 1, step: 0.05, default: 0.3 },
  width: { kind: "number", label: "Hidden units", min: 2, max: 12, step: 1, whole: true, default: 8 },
  rate: { kind: "number", label: "Rate η", min: 0.01, max: 1, step: 10, scale: "log", default: 0.2 },
  steps: { kind: "number", label: "Steps", min: 50, max: 1000, step: 50, whole: true, default: 500 },
  seed: {
    kind: "number",
    label: "Seed of the data and the random start",
    min: 0,
    max: 999,
    step: 1,
    whole: true,
    default: 0,
  },
  broken: {
    kind: "switch",
    label: "Break the law: change one weight by a millionth",
    default: false,
  },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>
