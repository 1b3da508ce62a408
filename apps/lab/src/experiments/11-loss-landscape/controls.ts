import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  plane: {
    kind: "choice",
    label: "Plane of the picture",
    options: [
      ["filter", "random, normalised by filter"],
      ["raw", "random, raw"],
      ["trajectory", "along the training (principal components)"],
    ],
    default: "filter",
    help: "Normalised: each unit's part of a direction is as long as the unit's own weights.",
  },
  alpha: {
    kind: "number",
    label: "Factor α: the first layer · α, the second ÷ α",
    min: 0.1,
    max: 10,
    step: 10,
    scale: "log",
    default: 4,
  },
  placeX: {
    kind: "number",
    label: "Place across: −1 left, 1 right",
    min: -1,
    max: 1,
    step: 0.01,
    default: 0,
  },
  placeY: { kind: "number", label: "Place up: −1 bottom, 1 top", min: -1, max: 1, step: 0.01, default: 0 },
  reach: {
    kind: "number",
    label: "Reach of the picture",
    help: "Half its width, in lengths of the directions. For the plane of the training, 1 shows the whole way.",
    min: 0.1,
    max: 3,
    step: 10,
    scale: "log",
    default: 1,
  },
  data: {
    kind: "choice",
    label: "Data",
    options: [
      ["xor", "exclusive or"],
      ["circle", "circle"],
      ["gauss", "two clouds"],
      ["spiral", "spiral"],
    ],
    default: "xor",
  },
  activation: {
    kind: "choice",
    label: "Activation",
    options: [
      ["relu", "ReLU"],
      ["leakyRelu", "leaky ReLU"],
    ],
    default: "relu",
  },
  width: { kind: "number", label: "Units in each layer", min: 4, max: 16, step: 1, whole: true, default: 8 },
  steps: {
    kind: "number",
    label: "Steps of training",
    min: 20,
    max: 600,
    step: 20,
    whole: true,
    default: 200,
  },
  seed: { kind: "number", label: "Seed", min: 0, max: 99, step: 1, whole: true, default: 0 },
  broken: { kind: "switch", label: "Break the law: tanh, which is not homogeneous", default: false },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>
