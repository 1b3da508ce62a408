import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  noise: {
    kind: "number",
    label: "Size ε of the noise about zero",
    min: 1e-6,
    max: 0.1,
    step: 4,
    scale: "log",
    default: 1e-4,
  },
  rate: { kind: "number", label: "Rate η", min: 0.05, max: 0.5, step: 0.05, default: 0.3 },
  width: {
    kind: "number",
    label: "Units in each hidden layer",
    min: 1,
    max: 8,
    step: 1,
    whole: true,
    default: 4,
  },
  budget: {
    kind: "number",
    label: "Steps at most",
    min: 1000,
    max: 200000,
    step: 6,
    scale: "log",
    whole: true,
    default: 10000,
    help: "For each of the three nets. Two hundred thousand take a minute.",
  },
  seed: {
    kind: "number",
    label: "Seed of the data and the noise",
    min: 0,
    max: 999,
    step: 1,
    whole: true,
    default: 69,
  },
  broken: {
    kind: "switch",
    label: "Break the law: a shortcut around each hidden layer but the first",
    default: false,
  },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>

/** Hidden layers of the three nets. */
export const DEPTHS = [1, 2, 3] as const

/** A net has left zero when its loss is down to this; at zero it is ½. */
export const ENOUGH = 0.25
