import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  rate: { kind: "number", label: "Rate η", min: 0.02, max: 1.8, step: 0.02, default: 0.5 },
  batch: { kind: "number", label: "Batch size B", min: 1, max: 64, step: 1, whole: true, default: 4 },
  noise: {
    kind: "number",
    label: "Spread σ of the samples",
    min: 0.1,
    max: 3,
    step: 0.1,
    default: 1,
  },
  seed: { kind: "number", label: "Seed", min: 0, max: 999, step: 1, whole: true, default: 0 },
  broken: { kind: "switch", label: "Break the law: a batch is one sample, B times", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>
