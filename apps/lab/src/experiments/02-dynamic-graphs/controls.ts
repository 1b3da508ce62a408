import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  program: {
    kind: "choice",
    label: "Program",
    options: [
      ["branch", "if x > c: x·x·x, else: sin x"],
      ["loop", "double until |y| ≥ L; if y > 0: y·y, else: y·y·y"],
    ],
    default: "branch",
  },
  x: { kind: "number", label: "Input x", min: -10, max: 10, step: 0.1, default: 1.5 },
  other: {
    kind: "number",
    label: "Another input, for comparison",
    min: -10,
    max: 10,
    step: 0.1,
    default: -1.5,
  },
  threshold: { kind: "number", label: "c, of the if", min: -3, max: 3, step: 0.1, default: 0 },
  limit: { kind: "number", label: "L, of the loop", min: 1, max: 1000, step: 10, scale: "log", default: 10 },
  grow: {
    kind: "choice",
    label: "After the backward pass",
    options: [
      ["nothing", "leave the graph as it is"],
      ["onward", "compute on: y·x"],
      ["second", "differentiate the gradient again"],
    ],
    default: "nothing",
  },
  broken: {
    kind: "switch",
    label: "Break the law: replay the branches that another input took",
    default: false,
  },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>

/** The loop ends after so many turns in any case: zero can be doubled for ever. */
export const MOST_TURNS = 40
