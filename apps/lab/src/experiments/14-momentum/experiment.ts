import { agrees, defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import type { View, Way } from "./run.ts"
import { ballSteps, plainSteps, slope } from "./theory.ts"

function arrives(way: Way, predicted: number) {
  return {
    name: `steps of ${way.name}`,
    predicted,
    measured: way.arrived ? way.steps : `more than ${way.steps}`,
    holds: way.arrived && Math.abs(way.steps - predicted) <= 1,
    tolerance: "to one step, for rounding at the end",
  }
}

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt: "At κ = 100 plain gradient descent needs 691 steps. How many does the best momentum need?",
    options: [
      ["same", "about as many: the steep direction limits the rate"],
      ["half", "about half"],
      ["root", "about √κ times fewer"],
    ],
    outcome: ({ descent, ball, done }) => {
      if (!done || !descent.arrived || !ball.arrived) return null
      const factor = descent.steps / ball.steps
      return factor > 3 ? "root" : factor > 1.5 ? "half" : "same"
    },
  },
  laws: [
    {
      name: "With √κ instead of κ",
      statement:
        "At its best rate gradient descent needs steps in proportion to κ, the best heavy ball to √κ.",
      formula: String.raw`\rho_{\text{descent}}=\frac{\kappa-1}{\kappa+1},\qquad \rho_{\text{ball}}=\sqrt{\beta}=\frac{\sqrt\kappa-1}{\sqrt\kappa+1}`,
      check: ({ descent, ball, done }, { kappa }) =>
        done ? [arrives(descent, plainSteps(kappa)), arrives(ball, ballSteps(kappa))] : null,
    },
    {
      name: "The slope is the spectral radius",
      statement:
        "Each direction obeys a recurrence of two terms; its larger root is what a step keeps. For complex roots that is √β.",
      formula: String.raw`\begin{gathered}x_{t+1}=(1+\beta-\alpha\lambda)\,x_t-\beta\,x_{t-1}\\ \rho=\max_i|z_i|,\quad |z|=\sqrt\beta\ \text{ if complex}\end{gathered}`,
      check: ({ own, done }, { rate, beta, kappa, nesterov }) =>
        done
          ? [
              agrees(
                "your run keeps, in a step",
                own.slope,
                slope(rate / kappa, beta, kappa, nesterov),
                1e-3,
                "least squares on the path",
              ),
            ]
          : null,
    },
    {
      name: "The forms are one method",
      statement:
        "PyTorch's form, Sutskever's, the heavy ball and the average with rate η/(1 − β) make the same path.",
      formula: String.raw`\begin{aligned}v&\leftarrow\beta v+g,&\theta&\leftarrow\theta-\eta v\\ v&\leftarrow\beta v+(1-\beta)g,&\theta&\leftarrow\theta-\tfrac{\eta}{1-\beta}v\end{aligned}`,
      check: ({ forms, done }) =>
        done
          ? [
              {
                name: "largest distance between the paths",
                predicted: 0,
                measured: forms,
                holds: forms < 1e-9,
                tolerance: "below 10⁻⁹: double precision",
              },
            ]
          : null,
    },
  ],
  see: [
    "On a logarithmic scale each run becomes a straight line (a waved one where the roots are complex), and its slope is the colour of its place on the map. The pale tongue on the map is where both directions shrink fastest; its tip is the best pair of rate and momentum.",
    "Move β up at a small rate: the line gets steeper until the roots turn complex, then the slope depends on β alone, and a larger β only makes it worse.",
  ],
  why: [
    "In each eigendirection of the bowl the step depends on the last two points only, so $x_t$ is a sum of powers of the two roots of $z^2-(1+\\beta-\\alpha\\lambda)z+\\beta$. Their product is β. Complex roots are conjugate, so each has the size $\\sqrt\\beta$, whatever the curvature.",
    "The best β is the smallest for which all curvatures from 1 to κ have complex roots. That gives $\\sqrt\\beta=(\\sqrt\\kappa-1)/(\\sqrt\\kappa+1)$: the condition number counts only by its root.",
  ],
  scenes: [
    { title: "κ = 100: 691 steps against 95", values: {} },
    { title: "κ = 1000: 6908 steps against 321", values: { kappa: 1000 } },
    { title: "No momentum in your run", values: { beta: 0, rate: 1.9 } },
    { title: "Too much momentum", values: { beta: 0.98 } },
    { title: "Just past the edge: α·λmax > 2(1 + β)", values: { beta: 0.5, rate: 3.05 } },
  ],
  code: ({ kappa, rate, beta, nesterov }) => `import { optim, surfaces } from "nabla"

const bowl = surfaces.quadratic({ curvatures: [1, ${kappa}] })
const path = await surfaces.trace(
  bowl,
  (p) => optim.sgd(p, { lr: ${rate / kappa}, momentum: ${beta}, nesterov: ${nesterov && beta > 0} }),
  { start: [1, 1], steps: 300 },
)
console.log(path.behaviour, path.rule)
console.log(path.points.map((point) => Math.hypot(...point)))
`,
  sources: [
    { title: "Polyak, Some methods of speeding up the convergence of iteration methods (1964)" },
    { title: "Goh, Why momentum really works (2017)", url: "https://distill.pub/2017/momentum/" },
    {
      title: "Sutskever et al., On the importance of initialization and momentum in deep learning (2013)",
      url: "https://proceedings.mlr.press/v28/sutskever13.html",
    },
  ],
})
