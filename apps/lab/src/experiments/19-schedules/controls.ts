import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  schedule: {
    kind: "choice",
    label: "Schedule",
    options: [
      ["step", "steps: a tenth, every so often"],
      ["exponential", "exponential"],
      ["cosine", "cosine"],
      ["restarts", "cosine with warm restarts"],
      ["cyclical", "cyclical"],
      ["oneCycle", "one cycle"],
      ["warmUp", "warm-up, then constant"],
      ["byHand", "by hand"],
    ],
    default: "step",
  },
  rate: { kind: "number", label: "First or largest rate η", min: 0.02, max: 1, step: 0.02, default: 0.1 },
  steps: {
    kind: "number",
    label: "Steps",
    min: 100,
    max: 2000,
    step: 50,
    whole: true,
    default: 600,
  },
  hand: {
    kind: "text",
    label: "By hand: step = rate, …",
    help: "A graduate student's record: from each step on, the rate that was set. It is replayed as a schedule.",
    default: "0 = 0.5, 100 = 0.1, 300 = 0.01",
    maxLength: 200,
  },
  seed: { kind: "number", label: "Seed", min: 0, max: 999, step: 1, whole: true, default: 0 },
  broken: { kind: "switch", label: "Break the law: forget to call the schedule", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>
