import { defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import type { Escape, View } from "./run.ts"
import { descentSteps, momentumSteps } from "./theory.ts"

function leaves({ name, steps, left }: Escape, predicted: number) {
  return {
    name: `steps of ${name}`,
    predicted,
    measured: left ? steps : `more than ${steps}`,
    holds: left && steps === predicted,
    tolerance: "exactly",
  }
}

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "From ε = 10⁻⁴ gradient descent needs 97 steps to leave. How many from 10⁻⁸, ten thousand times nearer?",
    options: [
      ["many", "about 10 000 times as many"],
      ["twice", "about twice as many"],
      ["same", "as many"],
    ],
    outcome: ({ escapes: [descent], done }) => {
      if (!done || descent!.sweep.length < 8) return null
      const factor = descent!.sweep[7]! / descent!.sweep[3]!
      return factor < 1.2 ? "same" : factor < 3 ? "twice" : "many"
    },
  },
  laws: [
    {
      name: "Escape takes the logarithm of the offset",
      statement:
        "Each step of gradient descent multiplies the offset by 1 + ηc, until it is of the size of the saddle.",
      formula: String.raw`y_{t+1}=(1+\eta c)\,y_t\;\Rightarrow\;T=\left\lceil\frac{\ln(1/\varepsilon)}{\ln(1+\eta c)}\right\rceil`,
      check: ({ escapes: [descent], done }, { offset, rate, curvature }) =>
        done ? [leaves(descent!, descentSteps(offset, rate * curvature))] : null,
    },
    {
      name: "Momentum grows faster",
      statement: "With momentum the offset grows by the larger root of its recurrence.",
      formula: String.raw`\begin{gathered}y_{t+1}=(1+\beta+\eta c)\,y_t-\beta\,y_{t-1}\\ r=\tfrac{1+\beta+\eta c}{2}+\sqrt{\tfrac{(1+\beta+\eta c)^2}{4}-\beta}\end{gathered}`,
      check: ({ escapes: [, momentum], done }, { offset, rate, curvature, beta }) =>
        done ? [leaves(momentum!, momentumSteps(offset, rate * curvature, beta))] : null,
    },
    {
      name: "Adam does not ask how near",
      statement:
        "It divides the slope by its own size, so that it goes about η in each step, however small the slope is.",
      formula: String.raw`|\Delta y|\approx\eta\;\Rightarrow\;T\approx 1/\eta\quad\text{for every } \varepsilon`,
      check: ({ escapes: [, , adam], done }, { rate }) => {
        if (!done) return null
        const longest = Math.ceil(1.25 / rate) + 1
        const shortest = Math.floor(0.8 / rate)
        return [
          {
            name: "steps of Adam",
            predicted: `${shortest} to ${longest}`,
            measured: adam!.steps,
            holds: adam!.left && adam!.steps <= longest && adam!.steps >= shortest,
            tolerance: "its first steps are η, later ones up to a quarter more or less",
          },
        ]
      },
    },
  ],
  see: [
    "From above, the paths first run along the ridge to the saddle's middle, where the slope is almost zero, and only then turn down. On the right-hand picture, against a logarithmic offset, the times of gradient descent and of momentum are straight lines, and Adam's is flat.",
  ],
  why: [
    "Near the saddle the way down has the slope $-c\\,y$: the nearer the ridge, the flatter. Growth by a constant factor needs $\\ln(1/\\varepsilon)$ over the logarithm of the factor. This is why a plateau of the loss often is no minimum, and why a little noise ends it: noise makes ε larger.",
  ],
  scenes: [
    { title: "ε = 10⁻²: 49, 19 and 11 steps", values: { offset: 0.01 } },
    { title: "ε = 10⁻⁴: 97 and 36", values: {} },
    { title: "ε = 10⁻⁸: 194 and 69", values: { offset: 1e-8 } },
    { title: "A flat saddle: c = 0.2", values: { curvature: 0.2 } },
  ],
  code: ({ offset, rate, beta, curvature }) => `import { optim, surfaces } from "nabla"

const saddle = surfaces.saddle({ curvature: ${curvature} })
for (const [name, make] of [
  ["descent", (p) => optim.sgd(p, { lr: ${rate} })],
  ["momentum", (p) => optim.sgd(p, { lr: ${rate}, momentum: ${beta} })],
  ["Adam", (p) => optim.adam(p, { lr: ${rate} })],
] as const) {
  const path = await surfaces.trace(saddle, make, {
    start: [1, ${offset}],
    steps: 3000,
    until: ([, y]) => Math.abs(y!) >= 1,
  })
  console.log(name, path.steps)
}
`,
  sources: [
    {
      title: "Dauphin et al., Identifying and attacking the saddle point problem (2014)",
      url: "https://arxiv.org/abs/1406.2572",
    },
    {
      title: "Jin et al., How to escape saddle points efficiently (2017)",
      url: "https://arxiv.org/abs/1703.00887",
    },
  ],
})
