import { defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import { laws } from "./laws.ts"
import type { View } from "./run.ts"
import { scriptOf } from "./scripts.ts"

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "A convolutional and a fully connected net with as many weights learn digits in the middle of their pictures. Then the digits are moved. Which net still reads most of them?",
    options: [
      ["both", "both: the digits are the same"],
      ["convolution", "the convolutional one alone"],
      ["neither", "neither: such pictures were never trained on"],
    ],
    outcome: (view) => {
      if (view.kind !== "convolution" || !view.done) return null
      const moved = view.pairs.map(({ accuracy }) => accuracy.at(-1)!)
      const reads = (net: "convolution" | "dense") => moved.every((share) => share[net] > 0.5)
      return !reads("convolution") ? "neither" : reads("dense") ? "both" : "convolution"
    },
  },
  laws,
  see: [
    "Convolutional: it reads moved digits as well as those in the middle; the fully connected net of the same size falls to guessing. With shifted training images the fully connected net does better on them, and never as well.",
    "Fully connected: the two curves are one. Recurrent: in the plain net the answer hardly depends on early steps; the LSTM's error falls below 1/12 and that of the plain net stays about 1/6. Transformer: both fall below the table of pairs, the one that knows places lower. Turing machine: the write head goes from slot to slot, and the read head goes the same way again.",
  ],
  why: [
    "Each architecture says beforehand what does not matter. A convolution shares its weights over all places, so a place does not matter; a fully connected layer treats all orders of the pixels alike, so it must learn each place anew. What is built in need not be learned, and holds where nothing was trained on.",
    "A recurrence uses the same weights at each step, and pays with a product of as many Jacobians: below one it vanishes. The LSTM's cell is added to, and only its forget gate multiplies. Attention compares all with all, and knows no order until places are added to the letters. The Turing machine keeps its memory apart from its weights: moving a head by one slot is the same act at slot 3 and at slot 13.",
  ],
  scenes: [
    { title: "Digits that move: convolution against fully connected", values: {} },
    { title: "Shifted in the training too", values: { everywhere: true } },
    { title: "Fully connected: pixels in any order", values: { architecture: "dense" } },
    { title: "Recurrent: what happened 30 steps ago", values: { architecture: "recurrent" } },
    { title: "Transformer: a set, until it knows places", values: { architecture: "transformer" } },
    { title: "Turing machine: copying what it never saw", values: { architecture: "machine" } },
  ],
  code: scriptOf,
  sources: [
    {
      title: "LeCun et al., Gradient-based learning applied to document recognition (1998)",
      url: "https://doi.org/10.1109/5.726791",
    },
    {
      title: "Hochreiter and Schmidhuber, Long short-term memory (1997)",
      url: "https://doi.org/10.1162/neco.1997.9.8.1735",
    },
    { title: "Vaswani et al., Attention is all you need (2017)", url: "https://arxiv.org/abs/1706.03762" },
    {
      title: "Graves, Wayne and Danihelka, Neural Turing machines (2014)",
      url: "https://arxiv.org/abs/1410.5401",
    },
  ],
})
