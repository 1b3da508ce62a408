import { defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import type { View } from "./run.ts"

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "Along the axes Adagrad arrives in six steps. How many does it need when the bowl is turned by 45°?",
    options: [
      ["same", "as many: a bowl is a bowl"],
      ["twice", "about twice as many"],
      ["many", "at least ten times as many"],
    ],
    outcome: ({ methods, done }) => {
      const { straight, turned } = methods[3]!
      if (!done) return null
      const factor = turned.steps / straight.steps
      return factor >= 10 ? "many" : factor > 1.3 ? "twice" : "same"
    },
  },
  laws: [
    {
      name: "Without rates of their own, directions are alike",
      statement:
        "Turn the bowl and the start: the paths of gradient descent, momentum and Nesterov turn along, step for step.",
      formula: String.raw`\begin{gathered}f_R(x)=f(R^{\top}x)\\ \nabla f_R(Rx)=R\,\nabla f(x)\;\Rightarrow\;x_t^{R}=R\,x_t\end{gathered}`,
      check: ({ methods, done }) =>
        done
          ? methods
              .filter(({ plain }) => plain)
              .map(({ name, straight, turned }) => ({
                name: `steps of ${name}, turned`,
                predicted: straight.steps,
                measured: turned.steps,
                holds: Math.abs(straight.steps - turned.steps) <= 1,
                tolerance: "to one step, for rounding at the end",
              }))
          : null,
    },
    {
      name: "Along the axes Adagrad does not see κ",
      statement:
        "A factor of a coordinate's gradient falls out of its step, so both coordinates go the same way, however different their curvatures.",
      formula: String.raw`\Delta x_i=-\eta\,\frac{g_i}{\sqrt{\sum_s g_{i,s}^2}}\quad\text{is the same for } g_i \text{ and } c\,g_i`,
      check: ({ difference, methods, done }, { angle, kappa }) => {
        if (!done) return null
        const { straight, turned } = methods[3]!
        const alike = {
          name: "largest difference between its coordinates, along the axes",
          predicted: 0,
          measured: difference,
          holds: difference < 1e-6,
          tolerance: "below 10⁻⁶: ε = 10⁻¹⁰ stands in the quotient",
        }
        // The bowl has to be long, and well turned, for the axes to matter.
        if (kappa < 20 || angle < 20 || angle > 70) return [alike]
        const factor = turned.steps / straight.steps
        return [
          alike,
          {
            name: "steps when turned, against along the axes",
            predicted: "5 times or more",
            measured: factor,
            holds: factor >= 5,
            tolerance: "for κ ≥ 20 and angles between 20° and 70°",
          },
        ]
      },
    },
  ],
  see: [
    "On the left the bowl's axes are the coordinates: Adagrad walks straight to the middle, as if the bowl were round. On the right the same bowl is turned. The paths of the other three turn with it and need exactly as many steps; Adagrad's does not, and needs many times more.",
  ],
  why: [
    "Adagrad, RMSProp and Adam divide each coordinate of the gradient by its own size. That undoes a badly scaled bowl as long as the bad scaling is one of coordinates. Turned by 45°, both coordinates see the same mixture of steep and flat, so their rates are equal and nothing is undone; what remains is a rate that only falls.",
    "Gradient descent and momentum use sums and multiples of gradients alone, which turn with the picture.",
  ],
  scenes: [
    { title: "Turned by 45°", values: {} },
    { title: "Along the axes", values: { angle: 0 } },
    { title: "Turned by 10° only", values: { angle: 10 } },
    { title: "A longer bowl: κ = 200", values: { kappa: 200 } },
  ],
  code: ({ angle, kappa, rate }) => `import { optim, surfaces } from "nabla"

for (const rotation of [0, ${angle}]) {
  const bowl = surfaces.quadratic({ condition: ${kappa}, rotation })
  const near = (point: readonly number[]) => Math.hypot(...point) < 1e-6 * Math.SQRT2
  const path = await surfaces.trace(bowl, (p) => optim.adagrad(p, { lr: ${rate} }), { steps: 4000, until: near })
  console.log(rotation, path.steps)
}
`,
  sources: [
    {
      title: "Duchi, Hazan and Singer, Adaptive subgradient methods (2011)",
      url: "https://jmlr.org/papers/v12/duchi11a.html",
    },
  ],
})
