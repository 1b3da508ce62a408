import type { Controls, ValuesOf } from "../controls.ts"

export const controls = {
  architecture: {
    kind: "choice",
    label: "Architecture and its data",
    options: [
      ["dense", "fully connected: pixels in any order"],
      ["convolution", "convolutional: digits that move"],
      ["recurrent", "recurrent: sums over a long time"],
      ["transformer", "transformer: the next letter of a text"],
      ["machine", "neural Turing machine: copying"],
    ],
    default: "convolution",
  },
  shift: {
    kind: "number",
    label: "Digits: largest shift of a test image, in pixels",
    min: 0,
    max: 3,
    step: 1,
    whole: true,
    default: 3,
  },
  everywhere: { kind: "switch", label: "Digits: shift the training images too", default: false },
  length: {
    kind: "number",
    label: "Sums: steps of a sequence",
    min: 10,
    max: 60,
    step: 5,
    whole: true,
    default: 30,
  },
  forget: {
    kind: "number",
    label: "Sums: bias of the LSTM's forget gates",
    min: -2,
    max: 6,
    step: 0.5,
    default: 3,
  },
  items: {
    kind: "number",
    label: "Copying: longest sequence that is trained on",
    min: 3,
    max: 8,
    step: 1,
    whole: true,
    default: 5,
  },
  seed: { kind: "number", label: "Seed", min: 0, max: 99, step: 1, whole: true, default: 1 },
  broken: {
    kind: "switch",
    label: "Break the law: take away what the architecture relies on",
    help: "Fully connected: the pixels are in another order in each batch. Convolutional: neighbours are torn apart. Recurrent: the forget gates are closed. Transformer: nothing hides the later letters. Turing machine: it has no more slots than the longest sequence that is trained on.",
    default: false,
  },
} as const satisfies Controls

export type Values = ValuesOf<typeof controls>
