import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  layers: { kind: "number", label: "Linear layers", min: 2, max: 8, step: 1, whole: true, default: 4 },
  width: { kind: "number", label: "Hidden width", min: 8, max: 32, step: 1, whole: true, default: 16 },
  activation: {
    kind: "choice",
    label: "Activation of the second run",
    options: [
      ["tanh", "tanh"],
      ["relu", "ReLU"],
      ["gelu", "GELU"],
    ],
    default: "tanh",
  },
  data: {
    kind: "choice",
    label: "Data",
    options: [
      ["spiral", "spiral"],
      ["circle", "circle"],
      ["xor", "exclusive or"],
      ["gauss", "two clouds"],
    ],
    default: "spiral",
  },
  seed: {
    kind: "number",
    label: "Seed of the data and of both starts",
    min: 0,
    max: 999,
    step: 1,
    whole: true,
    default: 0,
  },
  broken: { kind: "switch", label: "Break the law: leave one tanh in the linear run", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>

/** The part of the plane that is drawn, in both directions. */
export const REACH = [-6, 6] as const
