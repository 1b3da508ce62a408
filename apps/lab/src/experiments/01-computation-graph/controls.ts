import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  functions: {
    kind: "text",
    label: "Functions of x1, x2, …",
    help: "Several are separated by a semicolon. + − * / ^, ln, exp, sin, cos, tan, tanh, sqrt, abs, min, max.",
    default: "ln(x1) + x1*x2 - sin(x2)",
    maxLength: 300,
  },
  at: { kind: "text", label: "At x1, x2, … =", default: "2, 5", maxLength: 100 },
  phase: {
    kind: "choice",
    label: "Show",
    options: [
      ["values", "the values, forward"],
      ["reverse", "the gradients, backward (reverse mode)"],
      ["forward", "the tangents, forward (forward mode)"],
    ],
    default: "reverse",
  },
  pass: {
    kind: "number",
    label: "Start from output (backward) or input (tangents)",
    min: 1,
    max: 8,
    step: 1,
    whole: true,
    default: 1,
  },
  step: {
    kind: "number",
    label: "Step",
    help: "Node by node; what is beyond the last one is the end.",
    min: 0,
    max: 40,
    step: 1,
    whole: true,
    default: 40,
  },
  broken: { kind: "switch", label: "Break the law: detach the first operation's result", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>

/** More of each nobody can follow in a picture. */
export const MOST = { inputs: 8, outputs: 8, operations: 40 } as const
