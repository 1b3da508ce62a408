import { defineExperiment } from "../experiment.ts"
import { controls, NETS } from "./controls.ts"
import type { View } from "./run.ts"
import { expected, gainOf } from "./theory.ts"

/**
 * How many times a root mean square may be off: the logarithm of the square wanders by about √(5/n) in each layer of a
 * net of width n, less so for the mean of some; four standard deviations, and a little for the last digit.
 */
function factorOf(depth: number, width: number): number {
  return Math.exp(0.5 * 4 * Math.sqrt((5 * depth) / width / NETS)) * 1.05
}

function within(name: string, measured: number, predicted: number, factor: number) {
  const ratio = measured / predicted
  return {
    name,
    predicted,
    measured,
    holds: ratio < factor && ratio > 1 / factor,
    tolerance: `within a factor of ${factor.toPrecision(3)}: four standard deviations at this width and depth`,
  }
}

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "tanh, ten layers of 256, weights with σ = 0.01. How large are the activations of the last layer?",
    options: [
      ["same", "about as large as the input"],
      ["hundredth", "about a hundredth"],
      ["nothing", "less than a millionth"],
    ],
    outcome: ({ layers, done }) => {
      if (!done) return null
      const { size } = layers.at(-1)!
      return size < 1e-6 ? "nothing" : size < 0.05 ? "hundredth" : "same"
    },
  },
  laws: [
    {
      name: "Forward: the mean square goes from layer to layer",
      statement:
        "A sum of n independent terms has n times their variance, so each layer multiplies by n·σ², and the activation takes its part.",
      formula: String.raw`q_{l+1}=n\,\sigma_w^2\;\mathbb E\big[\varphi(\sqrt{q_l}\,z)^2\big],\qquad z\sim\mathcal N(0,1)`,
      check: ({ layers, done }, { scheme, sigma, activation, depth, width }) => {
        if (!done) return null
        const { sizes, saturated } = expected(activation, gainOf(scheme, sigma, width), depth)
        const readings = [
          within(
            `size of layer ${depth}'s activations`,
            layers.at(-1)!.size,
            sizes.at(-1)!,
            factorOf(depth, width),
          ),
        ]
        if (activation !== "linear") {
          readings.push({
            name: activation === "relu" ? "share of units at zero" : "share of saturated units",
            predicted: saturated,
            measured: layers.at(-1)!.saturated,
            holds: Math.abs(layers.at(-1)!.saturated - saturated) < 0.08,
            tolerance: "to 0.08, at this width",
          })
        }
        return readings
      },
    },
    {
      name: "Backward: so does the gradient's",
      statement:
        "Going back, each layer multiplies by the same n·σ² and by the mean square of the activation's slope.",
      formula: String.raw`\mathbb E[\delta_l^2]=n\,\sigma_w^2\;\mathbb E\big[\varphi'(\sqrt{q_l}\,z)^2\big]\;\mathbb E[\delta_{l+1}^2]`,
      check: ({ layers, done }, { scheme, sigma, activation, depth, width }) => {
        if (!done) return null
        const { gradients } = expected(activation, gainOf(scheme, sigma, width), depth)
        // Slopes of saturated units are few and large, so that their mean is less certain.
        const factor = factorOf(depth, width) ** 1.5
        return [
          within(
            "gradient at the first layer against the last",
            layers[0]!.gradient / layers.at(-1)!.gradient,
            gradients,
            factor,
          ),
        ]
      },
    },
  ],
  see: [
    "Each ridge is the histogram of one layer's activations. With a scale that fits, all ridges look alike. Too small, and they shrink to a needle at zero; too large, and tanh is pressed against its ends, where it has no slope. The right-hand picture shows the same on a logarithmic scale, forward and backward.",
  ],
  why: [
    "A weight of variance $\\sigma_w^2$ adds $\\sigma_w^2$ times the mean square of its input. With n inputs the variance is kept when $n\\sigma_w^2=1$: Xavier's choice (a compromise between the layer's two widths, so that gradients keep theirs as well). ReLU sets half of its inputs to zero and so needs twice as much: $n\\sigma_w^2=2$, He's choice.",
    "Being off by a factor c in each layer is being off by $c^{10}$ after ten.",
  ],
  scenes: [
    { title: "tanh with Xavier: 0.23 stays", values: {} },
    { title: "σ = 0.01: nothing is left", values: { scheme: "gaussian", sigma: 0.01 } },
    { title: "σ = 1: saturated", values: { scheme: "gaussian", sigma: 1 } },
    { title: "ReLU with He", values: { activation: "relu", scheme: "heNormal" } },
    { title: "ReLU with Xavier, 30 layers: 2⁻¹⁵", values: { activation: "relu", depth: 30 } },
    { title: "sigmoid with Xavier: no gradient", values: { activation: "sigmoid" } },
  ],
  code: ({ scheme, sigma, activation, depth, width }) => `import { nn, randn } from "nabla"
import { analyzeInit } from "nabla/diagnostics"

const layers = Array.from({ length: ${depth} }, () => [nn.linear(${width}, ${width}), nn.${activation === "linear" ? "identity" : activation}()]).flat()
const model = nn.sequential(...layers)
nn.init.initialize(model, ${scheme === "gaussian" ? `(weight) => nn.init.normal_(weight, { std: ${sigma} })` : JSON.stringify(scheme)})
const { problems, suggestion } = await analyzeInit(model, randn([64, ${width}]))
console.log(problems, suggestion)
`,
  sources: [
    {
      title:
        "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010)",
      url: "https://proceedings.mlr.press/v9/glorot10a.html",
    },
    { title: "He et al., Delving deep into rectifiers (2015)", url: "https://arxiv.org/abs/1502.01852" },
    {
      title: "Poole et al., Exponential expressivity in deep neural networks (2016)",
      url: "https://arxiv.org/abs/1606.05340",
    },
  ],
})
