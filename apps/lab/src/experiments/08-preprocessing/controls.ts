import type { Controls, ValuesOf } from "../controls.ts"

/** What is done to the data, in this order on the page. */
export const STAGES = [
  ["raw", "raw"],
  ["centred", "centred"],
  ["scaled", "centred and scaled"],
  ["pca", "PCA-whitened"],
  ["zca", "ZCA-whitened"],
] as const

export type StageName = (typeof STAGES)[number][0]

export const controls = {
  along: { kind: "number", label: "Stretch along", min: 0.3, max: 40, step: 0.1, default: 19.5 },
  across: { kind: "number", label: "Stretch across", min: 0.1, max: 10, step: 0.001, default: 0.289 },
  angle: { kind: "number", label: "Turned by, in degrees", min: -90, max: 90, step: 0.01, default: 87.22 },
  shiftX: { kind: "number", label: "Shift of the first feature", min: -80, max: 80, step: 0.1, default: 3 },
  shiftY: { kind: "number", label: "Shift of the second feature", min: -80, max: 80, step: 0.1, default: 61 },
  stage: {
    kind: "choice",
    label: "Beside the raw data",
    options: STAGES.slice(1).reverse(),
    default: "zca",
  },
  rate: { kind: "number", label: "Rate η·λmax", min: 0.1, max: 1.9, step: 0.05, default: 1 },
  start: {
    kind: "number",
    label: "Start, seen from the minimum, in degrees",
    help: "Or drag on a map.",
    min: -180,
    max: 180,
    step: 1,
    default: -45,
  },
  left: {
    kind: "number",
    label: "Distance that is near enough",
    min: 1e-6,
    max: 0.1,
    step: 1,
    scale: "log",
    default: 0.01,
  },
  points: { kind: "number", label: "Points", min: 20, max: 300, step: 20, whole: true, default: 100 },
  seed: { kind: "number", label: "Seed", min: 0, max: 999, step: 1, whole: true, default: 0 },
  broken: {
    kind: "switch",
    label: "Break the law: learn the preprocessing from ten points only",
    default: false,
  },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>

/** Steps that are waited for. */
export const MOST = 300_000

export const labelOf = (stage: string): string => STAGES.find(([name]) => name === stage)![1]
