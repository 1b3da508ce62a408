import { formatNumber } from "../../design/numbers.ts"
import type { Reading } from "../experiment.ts"
import { agrees, defineExperiment } from "../experiment.ts"
import { BATCH, controls, labelOf, NETS, type Values } from "./controls.ts"
import type { Side, View } from "./run.ts"
import type { Expected } from "./theory.ts"

/** Standard deviations that something drawn may be off: one chance in tens of thousands. */
const DEVIATIONS = 4

/** Above this deviation of a logarithm, for one input alone, the theory of first order says little. */
const MUCH = 0.5

/** The largest slopes, from the formulas of the functions: where there is no closed form, to seven digits. */
const steepest: Readonly<Record<string, number>> = {
  sigmoid: 1 / 4,
  elu: 1,
  selu: 1.0507009873554805 * 1.6732632423543772,
  silu: 1.0998393,
  gelu: 1.1289044,
  geluTanh: 1.1289996,
  mish: 1.0884995,
  hardswish: 3 / 2,
  hardsigmoid: 1 / 6,
}

/** Root mean square over the nets. */
const overNets = (rows: readonly (readonly number[])[], layer: number): number =>
  Math.sqrt(rows.reduce((sum, row) => sum + row[layer]! ** 2, 0) / rows.length)

/** The gradient of each layer over that of the last, of all nets together. */
export const gradientsOf = ({ gradients }: Side): number[] =>
  (gradients[0] ?? []).map((_, layer) => overNets(gradients, layer))

/** The mean share of dead units in each layer. */
export const deadOf = ({ dead }: Side): number[] =>
  (dead[0] ?? []).map((_, layer) => dead.reduce((sum, row) => sum + row[layer]!, 0) / dead.length)

/** Of the gradient at the first layer; nothing where nothing came back at all, and there was no last one to divide by. */
const firstOf = (side: Side): number => gradientsOf(side)[0] || 0

/** How far the logarithm may be from what is predicted of infinite width. */
const looseness = ({ wander, alone }: Expected, { depth, width }: Values): number =>
  (DEVIATIONS * wander) / Math.sqrt(NETS) + depth / width + alone ** 2

/** Whether the law says anything of a net of this width: else few inputs or units decide all, and nets differ much. */
const foretold = ({ alone }: Expected): boolean => alone < MUCH

function sizeReading(side: Side, expected: Expected, { sigma, width }: Values): Reading {
  const predicted = Math.sqrt(side.gain) * sigma
  const off = (DEVIATIONS / 2) * Math.sqrt(((2 / width) * (2 / BATCH + 1 / width)) / NETS)
  const why = foretold(expected)
    ? ""
    : ". Of its gradients the law says nothing at this width: nets differ too much"
  return agrees(
    `${labelOf(side.name)}: root mean square of the sums in layer 1`,
    side.size,
    predicted,
    off,
    `${DEVIATIONS} standard deviations${why}`,
  )
}

function gradientReading(side: Side, expected: Expected, values: Values): Reading {
  const predicted = expected.gradients[0]!
  const measured = firstOf(side)
  const factor = Math.exp(looseness(expected, values))
  return {
    name: `${labelOf(side.name)}: gradient at layer 1 over that at layer ${values.depth}`,
    predicted,
    measured,
    holds: measured <= predicted * factor && measured * factor >= predicted,
    tolerance: `within a factor of ${factor.toPrecision(3)}: ${DEVIATIONS} standard deviations of ${NETS} nets, depth/width and second order`,
  }
}

function deadReading(side: Side, expected: Expected, { depth, width }: Values): Reading {
  const layer = foretold(expected) ? depth : 1
  const predicted = expected.dead[layer - 1]!
  const measured = deadOf(side)[layer - 1]!
  const wander = layer === 1 ? Math.sqrt((predicted * (1 - predicted)) / width) : expected.deadWander
  const off = (DEVIATIONS * wander) / Math.sqrt(NETS) + layer / width / 4 + 1 / width
  return {
    name: `${labelOf(side.name)}: share of dead units in layer ${layer}`,
    predicted,
    measured,
    holds: Math.abs(measured - predicted) <= off,
    tolerance: `to ${off.toPrecision(2)}: ${DEVIATIONS} standard deviations of ${NETS} nets of ${width} units`,
  }
}

/** A mean over draws, whose deviation is known; the integral that it is held to is good to a thousandth of its size. */
function drawn(
  name: string,
  { count }: View["sample"],
  measured: number,
  predicted: number,
  deviation: number,
  size: number,
): Reading {
  const off = (DEVIATIONS * deviation) / Math.sqrt(count) + 1e-3 * size
  return {
    name,
    predicted,
    measured,
    holds: Math.abs(measured - predicted) <= off,
    tolerance: `to ${off.toPrecision(2)}: ${DEVIATIONS} standard errors of ${count} draws, and 0.1 % for the integral`,
  }
}

/** What a law says of both sides, once all nets have been looked at. */
function ofBoth(
  { sides, done }: View,
  read: (side: Side, expected: Expected) => readonly Reading[],
): readonly Reading[] | null {
  return done ? sides.flatMap((side) => read(side, side.expected!)) : null
}

/** nabla's name of it, and what it is given besides x. */
function callOf(name: string, slope: number): readonly [name: string, rest: string] {
  const special: Readonly<Record<string, readonly [string, string]>> = {
    leakyRelu: ["leakyRelu", `, { negativeSlope: ${slope} }`],
    prelu: ["prelu", `, tensor([${slope}])`],
    celu: ["celu", ", { alpha: 2 }"],
    geluTanh: ["gelu", ', { approximate: "tanh" }'],
    threshold: ["threshold", ", 0.5, 0"],
  }
  return special[name] ?? [name, ""]
}

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "Ten layers of sigmoid units, with Xavier's weights. How large is the gradient at the first layer, against that at the last?",
    options: [
      ["same", "about as large: Xavier's weights are made for that"],
      ["hundredth", "about a hundredth"],
      ["millionth", "some millionths"],
    ],
    outcome: ({ sides, done }) => {
      if (!done) return null
      const ratio = gradientsOf(sides[0])[0]!
      return ratio > 0.1 ? "same" : ratio > 1e-4 ? "hundredth" : "millionth"
    },
  },
  laws: [
    {
      name: "How steep it is",
      statement:
        "No slope is larger than the steepest of the formula. A sigmoid passes at most a quarter of a gradient.",
      formula: String.raw`\begin{gathered}\sigma'(x)=\sigma(x)\,(1-\sigma(x))\le\tfrac14\\ \frac{\delta_1}{\delta_L}\;\lesssim\;\Big(\max|f'|\,\sqrt{n\sigma_w^2}\Big)^{L-1}\end{gathered}`,
      check: (view, values) => {
        const slopes = view.sides.map(({ name, analysis }) =>
          agrees(
            `${labelOf(name)}: largest slope`,
            analysis.maxDerivative,
            steepest[name] ?? 1,
            1e-5,
            "it is looked for in steps of 0.001",
          ),
        )
        const bounds = ofBoth(view, (side, expected) => {
          if (!foretold(expected)) return []
          const bound = ((steepest[side.name] ?? 1) * Math.sqrt(side.gain)) ** (values.depth - 1)
          const name = `${labelOf(side.name)}: gradient at layer 1 over that at layer ${values.depth}`
          const holds = firstOf(side) <= bound * Math.exp(looseness(expected, values))
          const predicted = `at most ${formatNumber(bound, 3)}`
          return [{ name, predicted, measured: firstOf(side), holds, tolerance: "and chance, as below" }]
        })
        return bounds === null ? slopes : [...slopes, ...bounds]
      },
    },
    {
      name: "What comes out of it",
      statement: "Mean, mean square and saturated share of f(z), for arguments drawn from N(0, σ²).",
      formula: String.raw`\mathbb E[f(z)]=\int f(\sigma u)\,\frac{e^{-u^2/2}}{\sqrt{2\pi}}\,du`,
      check: ({ sample, sides }) => {
        const { output, gain, saturated, sigma } = sides[0].analysis.responses[0]!
        const square = (gain * sigma) ** 2
        const share = Math.sqrt(saturated * (1 - saturated))
        return [
          drawn("mean output", sample, sample.mean, output.mean, output.std, Math.sqrt(square)),
          drawn("mean square of the output", sample, sample.square, square, sample.spread, square),
          drawn("share with a slope below 0.01", sample, sample.saturated, saturated, share, 1),
        ]
      },
    },
    {
      name: "Gradients are multiplied from layer to layer",
      statement:
        "Each layer multiplies the mean square of a gradient by n·σ² of its weights and by the mean square of the slope, where its sums are.",
      formula: String.raw`\begin{gathered}\frac{\mathbb E[\delta_1^2]}{\mathbb E[\delta_L^2]}=\prod_{l=1}^{L-1} n\sigma_w^2\;\mathbb E\big[f'(\sqrt{q_l}\,z)^2\big]\\ q_{l+1}=n\sigma_w^2\;\mathbb E\big[f(\sqrt{q_l}\,z)^2\big],\quad q_1=n\sigma_w^2\,\sigma^2\end{gathered}`,
      check: (view, values) =>
        ofBoth(view, (side, expected) => [
          sizeReading(side, expected, values),
          ...(foretold(expected) ? [gradientReading(side, expected, values)] : []),
        ]),
    },
    {
      name: "Dead units",
      statement:
        "A unit is dead for a batch of B inputs when all of them find it flat. Two inputs have a share c of their sums in common, which grows from layer to layer.",
      formula: String.raw`\begin{gathered}P(\text{dead})=\mathbb E_s\Big[P\big(z_s\in\text{flat}\;\big|\;s\big)^{B}\Big]\\ z_s=\sqrt q\,\big(\sqrt c\,s+\sqrt{1-c}\,e\big),\quad s,e\sim\mathcal N(0,1)\end{gathered}`,
      check: (view, values) => ofBoth(view, (side, expected) => [deadReading(side, expected, values)]),
    },
  ],
  see: [
    "Drag the dot. For the sigmoid the slope is a quarter at 0 and next to nothing beyond 5: whatever gradient comes back there is lost. The histogram shows where arguments of spread σ fall, what becomes of them, and the slopes that they find.",
    "Below, the same signals go through two nets. The sigmoid's gradient loses three quarters in each layer. ReLU with He's weights keeps it, but its units die: a growing share is at zero for all inputs of the batch. A leaky ReLU has none of these.",
  ],
  why: [
    "A gradient on its way back is multiplied by the slope of each unit that it passes, and by the weights. Weights of variance $1/n$ keep its size only if slopes are 1. With slopes of at most $1/4$, nine layers leave at most $4^{-9}\\approx 4\\cdot10^{-6}$, and less where sums are not near 0.",
    "The positive output of a sigmoid has a second cost: all weights of a unit in the next layer see inputs of one sign, so their gradients have one sign, too, and the path zigzags.",
    "ReLU halves the mean square both ways, which He's factor 2 makes up for. Two inputs that are independent at first have $c\\to1$ in common after many layers, since ReLU has a positive mean. Then a unit that is off for one input is off for nearly all.",
  ],
  scenes: [
    { title: "Sigmoid with Xavier, ReLU with He", values: {} },
    { title: "tanh is four times as steep", values: { activation: "tanh" } },
    { title: "Inputs ten times as large: saturated", values: { activation: "tanh", sigma: 10, point: 4 } },
    {
      title: "Twenty layers: ReLUs die, leaky ones do not",
      values: { activation: "leakyRelu", scheme: "fitted", depth: 20, point: -2 },
    },
    {
      title: "GELU, with weights that fit it",
      values: { activation: "gelu", scheme: "fitted", depth: 20, point: -0.8 },
    },
  ],
  code: ({ activation, sigma, slope }) => {
    const [name, rest] = callOf(activation, slope)
    return `import { ${name === "prelu" ? "prelu, tensor" : name} } from "nabla"
import { analyzeActivation } from "nabla/diagnostics"

const it = await analyzeActivation((x) => ${name}(x${rest}), { sigmas: [${sigma}] })
console.log("range", it.range, "largest slope", it.maxDerivative, "flat", it.flat)
console.log(it.responses[0], "factor for weights", it.suggestedGain)
console.log("ns an element: forward, and with backward", it.cost)
`
  },
  sources: [
    {
      title:
        "Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010)",
      url: "https://proceedings.mlr.press/v9/glorot10a.html",
    },
    { title: "He et al., Delving deep into rectifiers (2015)", url: "https://arxiv.org/abs/1502.01852" },
    {
      title: "Schoenholz et al., Deep information propagation (2017)",
      url: "https://arxiv.org/abs/1611.01232",
    },
    {
      title:
        "Roberts, Yaida and Hanin, The principles of deep learning theory (2022): corrections go with depth/width",
      url: "https://arxiv.org/abs/2106.10165",
    },
    { title: "LeCun et al., Efficient BackProp (1998): outputs about zero" },
  ],
})
