import type { Reading } from "../experiment.ts"
import { defineExperiment } from "../experiment.ts"
import type { Values } from "./controls.ts"
import { controls } from "./controls.ts"
import type { Net, View } from "./run.ts"
import { firstDerivative, slack, spectrumAtZero } from "./theory.ts"

export const layersOf = (hidden: number): string => `${hidden} hidden layer${hidden === 1 ? "" : "s"}`

const largest = (values: readonly number[]): number => Math.max(0, ...values.map(Math.abs))

/** A law that says something of each net, as soon as all have been looked at; what is under way has not left yet. */
const ofEach =
  (read: (net: Net, view: View, values: Values) => readonly Reading[]) =>
  (view: View, values: Values): readonly Reading[] | null =>
    view.nets.every(({ zero }) => zero.eigenvalues.length > 0)
      ? view.nets.flatMap((net) => read(net, view, values))
      : null

function atZero({ hidden, zero }: Net, { pull }: View, { width }: Values): Reading[] {
  const predicted = spectrumAtZero(hidden, width, pull)
  const apart =
    predicted.length === zero.eigenvalues.length
      ? largest(predicted.map((value, i) => value - zero.eigenvalues[i]!))
      : Number.POSITIVE_INFINITY
  return [
    {
      name: `negative eigenvalues, ${layersOf(hidden)}`,
      predicted: hidden === 1 ? width : 0,
      measured: zero.negative,
      holds: zero.negative === (hidden === 1 ? width : 0),
      tolerance: "exactly",
    },
    {
      name: `the whole spectrum, ${layersOf(hidden)}: largest difference`,
      predicted: 0,
      measured: apart,
      holds: apart < 1e-9,
      tolerance: "below 10⁻⁹: double precision",
    },
  ]
}

function derivatives({ hidden, zero }: Net): Reading[] {
  const last = firstDerivative(hidden, zero.product)
  const before = largest(zero.derivatives.slice(0, hidden))
  const next = zero.derivatives[hidden] ?? Number.NaN
  return [
    {
      name: `derivative${hidden === 1 ? " 1" : `s 1 to ${hidden}`}, ${layersOf(hidden)}: largest size`,
      predicted: 0,
      measured: before,
      holds: zero.derivatives.length === hidden + 1 && before <= 1e-12 * Math.abs(last),
      tolerance: "below 10⁻¹² of the next one: double precision",
    },
    {
      name: `derivative ${hidden + 1}, ${layersOf(hidden)}`,
      predicted: last,
      measured: next,
      holds: Math.abs(next - last) <= 1e-9 * Math.abs(last),
      tolerance: "to nine digits: double precision",
    },
  ]
}

function leaves({ hidden, steps, left, predicted }: Net, _: View, { noise }: Values): Reading[] {
  const [least, most] = slack(predicted, noise)
  return [
    {
      name: `steps to leave, ${layersOf(hidden)}`,
      predicted: predicted.steps,
      measured: left ? steps : `more than ${steps.toLocaleString("en-US")}`,
      holds: left ? steps >= least && steps <= most : steps < most,
      tolerance: left
        ? `from ${Math.ceil(least)} to ${Math.floor(most)}: in the last steps tanh bends`
        : "as far as it was run: raise “Steps at most”, or ε, to see it leave",
    },
  ]
}

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt: "Weights of size 10⁻⁴. With one hidden layer the net leaves zero after 14 steps. And with two?",
    options: [
      ["twice", "after about 30: twice as deep, twice as long"],
      ["hundreds", "after some hundreds"],
      ["thousands", "after thousands"],
    ],
    outcome: ({ nets, done }) => {
      const two = nets[1]
      if (!done || two === undefined) return null
      return two.steps >= 1000 ? "thousands" : two.steps >= 100 ? "hundreds" : "twice"
    },
  },
  laws: [
    {
      name: "Zero has no slope",
      statement:
        "Each weight's slope is a product with all the other layers' weights. At zero nothing moves, in no net and for ever.",
      formula: String.raw`\frac{\partial L}{\partial W_l}\;\propto\;\prod_{k\ne l}W_k=0`,
      check: ofEach(({ hidden, zero }) => [
        {
          name: `largest slope at zero, ${layersOf(hidden)}`,
          predicted: 0,
          measured: zero.gradient,
          holds: zero.gradient === 0,
          tolerance: "exactly 0",
        },
      ]),
    },
    {
      name: "Only one hidden layer has a way down that curvature shows",
      statement:
        "With one hidden layer two weights make a product, so each unit has one direction that curves down. With more, the second derivatives of the weights are zero too.",
      formula: String.raw`\begin{gathered}\operatorname{spec}\nabla^2L(0)=\{\underbrace{\pm|m|}_{\text{each unit, if }h=1},\ 1,\ 0,\dots,0\}\\ m=\tfrac1N\textstyle\sum_i t_i x_i\end{gathered}`,
      check: ofEach(atZero),
    },
    {
      name: "The deeper, the flatter",
      statement:
        "Along any direction in the weights the first derivative that is not zero is the one of order h + 1, as that many matrices are multiplied.",
      formula: String.raw`\frac{d^{k}}{ds^{k}}L(s\,W)\Big|_0=\begin{cases}0&k\le h\\-(h+1)!\;W_{h+1}\cdots W_1\,m&k=h+1\end{cases}`,
      check: ofEach(derivatives),
    },
    {
      name: "So leaving takes a logarithm, a reciprocal, or its square",
      statement:
        "Layers of size a grow with a power of a. From noise of size ε a step's growth makes one hidden layer take about ln(1/ε) steps, two 1/ε, three 1/ε². Predicted from the very noise of this run by the lowest order of the loss.",
      formula: String.raw`\dot a=\eta\,|m|\,a^{h}\;\Rightarrow\;T\approx\frac{1}{\eta|m|}\begin{cases}\ln(1/\varepsilon)&h=1\\ 1/\varepsilon&h=2\\ 1/(2\varepsilon^2)&h=3\end{cases}`,
      check: ofEach(leaves),
    },
  ],
  see: [
    "All three losses lie at one half, and then fall all at once. The dashed lines are the prediction. For three hidden layers it says tens of millions of steps, so the run ends before; with a larger ε it is seen to come true.",
    "The third picture shows why: on a walk away from zero the loss changes with the 2nd, 3rd or 4th power of the distance. A hundredth of the way is a ten-thousandth, a millionth or a hundred-millionth of the change.",
  ],
  why: [
    "Near zero $\\tanh z\\approx z$, so the net computes the product $W_{h+1}\\cdots W_1x$. The loss ½(o − t)² changes by $-W_{h+1}\\cdots W_1m$ first of all, where $m$ is the mean of $t\\,x$: it points from one class to the other. A product of $h+1$ small factors is very small, and the slope in each is a product of the others.",
    "No noise is no way out: the slope is exactly zero. And curvature does not help with two layers or more, since no eigenvalue is negative; the way down is seen by third derivatives at the earliest. A shortcut around a layer (the switch) makes zero as good as one hidden layer's: one reason why residual nets can be deep.",
  ],
  scenes: [
    { title: "ε = 10⁻⁴: 14 steps, thousands, and far too many", values: {} },
    { title: "ε = 10⁻²: now three layers leave as well", values: { noise: 1e-2 } },
    { title: "ε = 10⁻¹: hardly a difference", values: { noise: 1e-1 } },
    { title: "ε = 10⁻⁶: one layer does not mind", values: { noise: 1e-6 } },
    { title: "With shortcuts: depth does not matter", values: { broken: true } },
  ],
  code: ({ noise, rate, width, budget, seed }) => `import { Generator, data, nn, optim } from "nabla"
import { exactSpectrum, hessianOf, objectiveOf } from "nabla/diagnostics"

const loss = (o, t) => o.sub(t).square().mul(0.5).mean()
const [[x, labels]] = [...new data.DataLoader(data.gauss({ n: 256, seed: ${seed} }), { batchSize: 256 })]
const batch = [x.to("float64"), labels.to("float64").mul(2).sub(1).reshape([256, 1])]
for (const hidden of [1, 2, 3]) {
  const widths = [2, ...Array(hidden).fill(${width}), 1]
  const model = nn.sequential(nn.mlp(widths, { activation: nn.tanh }), nn.tanh()).to("float64")
  nn.init.initialize(model, "zeros")
  const { negative } = await exactSpectrum(hessianOf(objectiveOf(model, batch, { loss })))
  nn.init.initialize(model, (w) => nn.init.normal_(w, { std: ${noise}, generator: new Generator(${seed}) }))
  const optimizer = optim.sgd(model.parameters(), { lr: ${rate} })
  let steps = 0
  for (; steps < ${Math.min(budget, 1000)}; steps++) {
    const value = loss(model.forward(batch[0]), batch[1])
    if (value.itemSync() <= 0.25) break
    optimizer.zeroGrad()
    value.backward()
    optimizer.step()
  }
  console.log(hidden, "hidden:", negative, "negative eigenvalues,", steps, "steps")
}
`,
  sources: [
    {
      title:
        "Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks (2014)",
      url: "https://arxiv.org/abs/1312.6120",
    },
    {
      title: "Kawaguchi, Deep learning without poor local minima (2016)",
      url: "https://arxiv.org/abs/1605.07110",
    },
    {
      title: "Zhang, Dauphin and Ma, Fixup initialization: residual learning without normalization (2019)",
      url: "https://arxiv.org/abs/1901.09321",
    },
  ],
})
