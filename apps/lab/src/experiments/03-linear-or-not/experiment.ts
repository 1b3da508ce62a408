import { defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import type { Run, View } from "./run.ts"

/** The largest share of points that a run had right at any step that was looked at. */
export const most = ({ accuracy }: Run): number => Math.max(...accuracy.map(([, share]) => share))

/** The same of the best straight line. */
export const bound = ({ best, points }: View): number => best.right / points.length

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "Four linear layers, 609 parameters, no activation between them, trained on the spiral. How many points do they get right?",
    options: [
      ["all", "nearly all: that is parameters enough"],
      ["line", "no more than one straight line can"],
      ["less", "even fewer: deep nets are harder to train"],
    ],
    outcome: (view) => {
      if (!view.done) return null
      const reached = most(view.linear)
      return reached > bound(view) ? "all" : reached > 0.5 ? "line" : "less"
    },
  },
  laws: [
    {
      name: "A stack of linear layers is one linear layer",
      statement:
        "The product of the matrices is one matrix, and the biases add up to one bias. The run's own layers are multiplied out and compared with what they compute.",
      formula: String.raw`\begin{gathered}W_n(\cdots(W_1x+b_1)\cdots)+b_n=W\,x+b\\ W=W_n\cdots W_1,\quad b=\textstyle\sum_i W_n\cdots W_{i+1}\,b_i\end{gathered}`,
      check: ({ product, done }) =>
        done
          ? [
              {
                name: "largest difference between the stack and its product, on the whole map",
                predicted: 0,
                measured: product.difference,
                holds: product.difference < 1e-10,
                tolerance: "below 10⁻¹⁰ of the largest output: double precision, up to eight layers of 32",
              },
            ]
          : null,
    },
    {
      name: "So it never does better than the best line",
      statement:
        "All lines that tell these points apart in different ways are tried, with no training. No step of the linear run has more points right than the best of them.",
      formula: String.raw`\max_{\text{steps}}\operatorname{acc}(W,b)\;\le\;\max_{\text{all }w,c}\operatorname{acc}(w,c)`,
      check: (view) => {
        if (!view.done) return null
        const reached = most(view.linear)
        return [
          {
            name: "points right, linear run, at its best step",
            predicted: `at most ${percent(bound(view))}`,
            measured: percent(reached),
            holds: reached <= bound(view),
            tolerance: "exactly: both are counted, the run at every tenth step",
          },
        ]
      },
    },
    {
      name: "With an activation it does",
      statement:
        "The second run begins with the same weights and has an activation between the layers. It bends the line.",
      formula: String.raw`f(x)=W_n\,\varphi\big(\cdots\varphi(W_1x+b_1)\cdots\big)+b_n`,
      check: (view) => {
        if (!view.done) return null
        const [reached, line] = [most(view.other), bound(view)]
        return [
          {
            name: "points right, run with activation, at its best step",
            predicted: line < 1 ? `more than ${percent(line)}` : "100 %: here a line suffices",
            measured: percent(reached),
            holds: line < 1 ? reached > line : reached === 1,
            tolerance: "exactly: both are counted, the run at every tenth step",
          },
        ]
      },
    },
  ],
  see: [
    "Both runs begin with the same weights and see the same points. Without activations the border between blue and orange is straight at every step, and only turns and shifts. With an activation it bends around the points; of the spiral one stays wrong, since two of different colours lie on one another in its middle.",
    "In the third picture the linear run stays at or below the dotted line: what the best of all straight lines gets right. More layers or more width do not move it.",
  ],
  why: [
    "$W_2(W_1x+b_1)+b_2=(W_2W_1)\\,x+(W_2b_1+b_2)$: two linear layers are one, and so any number. However many parameters there are, what they compute has three numbers: two weights and a bias.",
    "A point is called blue where $w^\\top x+b\\ge 0$. That is a half-plane, whatever the numbers are. Training with a smooth loss need not even find the best half-plane, since it counts how far points are from the border and not on which side.",
  ],
  scenes: [
    { title: "The spiral, four layers", values: {} },
    { title: "Eight layers: no difference", values: { layers: 8 } },
    { title: "Width 32: no difference", values: { width: 32 } },
    { title: "Two clouds: here a line suffices", values: { data: "gauss" } },
    { title: "Exclusive or, ReLU", values: { data: "xor", activation: "relu" } },
  ],
  code: ({ layers, width, activation, data, seed }) => `import { Generator, data, nn, optim } from "nabla"

const [[x, labels]] = [...new data.DataLoader(data.${data}({ n: 300, seed: ${seed + 1} }), { batchSize: 300 })]
const y = labels.to("float32").reshape([300, 1])
const widths = [2, ${Array.from({ length: layers - 1 }, () => width).join(", ")}, 1]
for (const activation of [nn.identity, nn.${activation}]) {
  const layers = widths.slice(1).map((size, i) => nn.linear(widths[i], size))
  const model = nn.sequential(...layers.flatMap((layer, i) => (i === 0 ? [layer] : [activation(), layer])))
  nn.init.initialize(model, "xavierNormal", { generator: new Generator(${seed}) })
  const optimizer = optim.adam(model.parameters(), { lr: 0.01 })
  for (let step = 0; step < 1500; step++) {
    optimizer.zeroGrad()
    nn.bceWithLogits(model.forward(x), y).backward()
    optimizer.step()
  }
  const right = model.forward(x).ge(0).eq(y.gt(0)).to("float32").mean()
  console.log(activation.name, right.itemSync())
  if (activation === nn.identity) {
    const product = layers.map(({ weight }) => weight).reduce((below, weight) => weight.matmul(below))
    console.log("as one matrix:", product.toArray())
  }
}
`,
  sources: [
    {
      title: "Goodfellow, Bengio and Courville, Deep learning (2016), section 6.1",
      url: "https://www.deeplearningbook.org/contents/mlp.html",
    },
    {
      title:
        "Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks (2014)",
      url: "https://arxiv.org/abs/1312.6120",
    },
  ],
})
