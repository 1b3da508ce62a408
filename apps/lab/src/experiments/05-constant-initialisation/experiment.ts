import { defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import type { View } from "./run.ts"

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt: "After 500 steps, how far apart are the units of a layer that began as copies?",
    options: [
      ["far", "as far as with a random start: training finds their roles"],
      ["little", "a little: rounding makes a difference that grows"],
      ["zero", "not at all: exactly zero"],
    ],
    outcome: ({ constant: { spread }, random, done }) =>
      !done ? null : spread === 0 ? "zero" : spread < 0.1 * random.spread ? "little" : "far",
  },
  laws: [
    {
      name: "Copies stay copies",
      statement: "Units with equal weights get equal gradients, bit for bit, so every step keeps them equal.",
      formula: String.raw`w_i=w_j,\ v_i=v_j\;\Rightarrow\;\frac{\partial L}{\partial w_i}=\frac{\partial L}{\partial w_j}\;\Rightarrow\;w_i^{(t)}=w_j^{(t)}\ \text{for all } t`,
      check: ({ constant, steps, done }) =>
        done
          ? [
              {
                name: `largest difference within a layer after ${steps} steps`,
                predicted: 0,
                measured: constant.spread,
                holds: constant.spread === 0,
                tolerance: "exactly 0",
              },
              {
                name: "different units in a layer",
                predicted: 1,
                measured: constant.distinct,
                holds: constant.distinct === 1,
                tolerance: "exactly",
              },
            ]
          : null,
    },
    {
      name: "A random start gives each unit a way of its own",
      statement: "With random weights all units of a layer differ from the first step on.",
      formula: String.raw`w_i\sim\mathcal N\!\left(0,\tfrac{2}{n_{\text{in}}+n_{\text{out}}}\right)`,
      check: ({ random, done }) =>
        done
          ? [
              {
                name: "different units in a layer",
                predicted: random.units,
                measured: random.distinct,
                holds: random.distinct === random.units,
                tolerance: "exactly",
              },
            ]
          : null,
    },
  ],
  see: [
    "On the left all lines lie on one another: there is one unit, drawn many times. A net of copies is a net of width one, and the points of the checkerboard are too much for it: its loss stays high. On the right each unit goes its own way, and the loss falls.",
  ],
  why: [
    "Swap two equal units: the net computes the same, so the loss has the same slope for both. Training follows the slope and cannot tell them apart. The computer cannot either, as it does the same operations with the same numbers.",
    "A difference of a millionth is enough in principle, but it grows only as slowly as the loss is curved there. Random starts are what breaks the symmetry.",
  ],
  scenes: [
    { title: "All weights 0.3", values: {} },
    { title: "All weights zero", values: { constant: 0 } },
    { title: "One weight off by a millionth", values: { broken: true } },
  ],
  code: ({ constant, width, rate, steps }) => `import { data, nn, optim } from "nabla"
import { unitSymmetry } from "nabla/diagnostics"

const model = nn.mlp([2, ${width}, ${width}, 1], { activation: nn.tanh })
nn.init.initialize(model, (weight) => nn.init.constant_(weight, ${constant}))
const optimizer = optim.sgd(model.parameters(), { lr: ${rate} })
for (const [x, labels] of new data.DataLoader(data.xor({ n: 200, seed: 1 }), { batchSize: 200 })) {
  const y = labels.to("float32").mul(2).sub(1).reshape([200, 1])
  for (let step = 0; step < ${steps}; step++) {
    optimizer.zeroGrad()
    nn.mse(model.forward(x).tanh(), y).backward()
    optimizer.step()
  }
}
console.log(await unitSymmetry(model))
`,
  sources: [
    {
      title: "Goodfellow, Bengio and Courville, Deep learning (2016), section 8.4",
      url: "https://www.deeplearningbook.org/contents/optimization.html",
    },
  ],
})
