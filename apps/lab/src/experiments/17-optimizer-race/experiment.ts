import { defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import type { View } from "./run.ts"
import { scriptOf } from "./script.ts"
import { alike, told } from "./theory.ts"

/** How each name is found again on the path, in words. */
const signs: Readonly<Record<string, string>> = {
  descending: "fewer than a quarter of the last 20 steps end higher",
  oscillating:
    "along some axis of curvature (an eigenvector of the Hessian), half of the last 20 steps or more turn round",
  overshooting: "a quarter of the last 20 steps or more have a lower place on their way than at their end",
  stagnating: "the place of 20 steps before is nearer than a thousandth of the region’s diagonal",
  converged: "the gradient is gone, by the largest eigenvalue, and none is negative",
  "stuck at a saddle": "the gradient is nearly gone, and the smallest eigenvalue is negative",
  diverging: "higher than at the start, outside of the region, or no number",
}

const nobody = {
  ...{ name: "runners", predicted: 0, measured: 0, holds: true },
  tolerance: "nobody runs, and nothing is named",
}

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "On a parabola of curvature λ each step of gradient descent multiplies the distance by 1 − η·λ. At the η·λ that is set (1.7 to begin with), what does it do?",
    options: [
      ["straight", "it comes down without turning back"],
      ["jumps", "it jumps from side to side, and arrives"],
      ["leaves", "it leaves for good"],
    ],
    outcome: ({ foretold, done }) => {
      if (!done) return null
      const names = foretold[0]!.measured.map(({ name }) => name)
      return names.includes("diverging") ? "leaves" : names.includes("oscillating") ? "jumps" : "straight"
    },
  },
  laws: [
    {
      name: "In a bowl, η·λ says what descent will do",
      statement:
        "Along each axis of curvature a step multiplies by 1 − η·λ: below η·λ = 1 it never turns back, between 1 and 2 it turns back at every step and arrives, above 2 it leaves. The names and the steps at which they change follow before anything has run, for the parabola and for each runner that is gradient descent in the bowl.",
      formula: String.raw`x_i(t)=(1-\eta\lambda_i)^t\,x_i(0),\qquad \begin{cases}0<\eta\lambda<1&\text{monotone}\\1<\eta\lambda<2&\text{oscillating}\\\eta\lambda>2&\text{diverging}\end{cases}`,
      check: ({ foretold, done }) =>
        done
          ? foretold.map(({ name, predicted, measured }) => ({
              name: `gradient descent ${name}`,
              predicted: told(predicted),
              measured: told(measured),
              holds: alike(predicted, measured),
              tolerance: "the names exactly, the steps to one, for rounding at a threshold",
            }))
          : null,
    },
    {
      name: "The names agree with the paths",
      statement:
        "What was named while a runner was on its way is looked up again on the whole recorded path, in another way.",
      formula: String.raw`\begin{gathered}\text{oscillating}\;\Rightarrow\;\text{in half of the steps, for some } v:\\ (v^\top d_{s-1})\,(v^\top d_s)<0,\qquad Hv=\lambda v\end{gathered}`,
      check: ({ agreements, runners, done }) => {
        if (!done) return null
        if (runners.length === 0) return [nobody]
        return agreements.map(({ name, named, agreeing }) => ({
          name: `moments named ${name}`,
          predicted: named,
          measured: agreeing,
          holds: agreeing === named,
          tolerance: `all of them: ${signs[name]}`,
        }))
      },
    },
  ],
  see: [
    "Each runner has its colour. The stripes say what it is doing at each step: the table has the rule of each name. Drag on the map to start somewhere else, give a runner another rate, and see the names change.",
    "On the parabola, turn η·λ from 0.05 to 2.5: first the run comes down on one side, then it jumps from side to side, then it leaves. The dashed line is what the law says.",
  ],
  why: [
    "A rate is not small or large in itself: what counts is the rate times the curvature. In a valley the steep direction across asks for $\\eta<2/\\lambda_{\\max}$, while the flat one along needs $1/(\\eta\\lambda_{\\min})$ steps. So a runner oscillates across and stagnates along at once.",
    "Momentum keeps going where the slope has long turned: it overshoots. Methods with rates of their own for each coordinate take large steps where slopes are small, and so leave plateaus, but jump about at the bottom, where their steps do not shrink with the slope.",
  ],
  scenes: [
    { title: "Rosenbrock’s valley", values: {} },
    {
      title: "A bowl: rates below, at and above the edge",
      values: {
        ...{ surface: "quadratic", kappa: 20, angle: 30, steps: 200 },
        ...{
          a: "sgd",
          rateA: 0.02,
          b: "sgd",
          rateB: 0.09,
          c: "sgd",
          rateC: 0.101,
          d: "momentum",
          rateD: 0.02,
        },
      },
    },
    {
      title: "A plateau: who gets off it?",
      values: { surface: "plateau", rateA: 0.1, rateB: 0.1, rateC: 0.1, rateD: 0.1 },
    },
    {
      title: "Exactly on the ridge of a saddle: stuck",
      values: {
        ...{ surface: "saddle", angle: 0, start: "own", startX: 0.6, startY: 0 },
        ...{ rateA: 0.05, rateB: 0.05, rateC: 0.02, rateD: 0.05 },
      },
    },
    {
      title: "A real net",
      values: { surface: "net", steps: 120, rateA: 1, rateB: 0.3, rateC: 0.01, rateD: 0.05 },
    },
  ],
  code: scriptOf,
  sources: [
    {
      title:
        "Goodfellow, Vinyals and Saxe, Qualitatively characterizing neural network optimization problems (2015)",
      url: "https://arxiv.org/abs/1412.6544",
    },
    {
      title: "Ruder, An overview of gradient descent optimization algorithms (2016)",
      url: "https://arxiv.org/abs/1609.04747",
    },
    { title: "Rosenbrock, An automatic method for finding the greatest or least value of a function (1960)" },
  ],
})
