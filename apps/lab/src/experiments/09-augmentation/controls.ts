import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  kind: {
    kind: "choice",
    label: "Images are",
    options: [
      ["affine", "turned, shifted, scaled, slanted"],
      ["shift", "shifted"],
      ["grow", "turned and scaled"],
      ["elastic", "bent like rubber"],
      ["noise", "covered with noise"],
    ],
    default: "affine",
  },
  amount: {
    kind: "number",
    label: "How much",
    help: "1 is a usual amount.",
    min: 0.5,
    max: 2,
    step: 0.25,
    default: 1,
  },
  images: {
    kind: "number",
    label: "Training images",
    min: 40,
    max: 200,
    step: 20,
    whole: true,
    default: 100,
  },
  steps: { kind: "number", label: "Training steps", min: 60, max: 200, step: 20, whole: true, default: 100 },
  sigma: {
    kind: "number",
    label: "Noise σ of the linear model",
    min: 0.2,
    max: 1,
    step: 0.1,
    default: 0.5,
  },
  rows: {
    kind: "number",
    label: "Samples n of the linear model",
    min: 8,
    max: 40,
    step: 2,
    whole: true,
    default: 12,
  },
  seed: { kind: "number", label: "Seed", min: 0, max: 999, step: 1, whole: true, default: 0 },
  broken: {
    kind: "switch",
    label: "Break the law: draw changes and noise once, and reuse them",
    default: false,
  },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>

/** Pairs of nets, each with images of its own. */
export const PAIRS = 8
/** Weights of the linear model, runs of it, and their steps. */
export const FEATURES = 8
export const REPLICAS = 512
export const STEPS = 300
