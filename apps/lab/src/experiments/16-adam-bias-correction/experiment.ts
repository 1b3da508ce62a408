import { agrees, defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import type { View } from "./run.ts"

/** What the formulas say about the size of uncorrected step t, in units of the rate. */
export function uncorrectedStep(t: number, beta1: number, beta2: number): number {
  return (1 - beta1 ** t) / Math.sqrt(1 - beta2 ** t)
}

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt: "Without the correction, how large is the first step against the corrected one?",
    options: [
      ["smaller", "smaller: the averages start at zero"],
      ["equal", "equal: both averages are short by the same factor"],
      ["larger", "larger"],
    ],
    outcome: ({ uncorrected: [first] }) =>
      first === undefined ? null : first > 1.001 ? "larger" : first < 0.999 ? "smaller" : "equal",
  },
  laws: [
    {
      name: "The corrected step is the rate",
      statement:
        "With a constant gradient, every corrected step has the size η, whatever the gradient's size.",
      formula: String.raw`\frac{\hat m_t}{\sqrt{\hat v_t}} = \frac{g}{|g|} \;\Rightarrow\; |\Delta\theta_t| = \eta`,
      check: ({ corrected }) => [
        agrees("first step / η", corrected[0]!, 1, 1e-9, "double precision"),
        agrees("largest step / η", Math.max(...corrected), 1, 1e-9, "double precision"),
      ],
    },
    {
      name: "The uncorrected one is too large at first",
      statement: "The second average is short by more than the first one is, and stands under a root.",
      formula: String.raw`\frac{|\Delta\theta_t|}{\eta} = \frac{1-\beta_1^t}{\sqrt{1-\beta_2^t}}`,
      check: ({ uncorrected }, { beta1, beta2 }) => {
        const wanted = uncorrected.map((_, i) => uncorrectedStep(i + 1, beta1, beta2))
        const peak = Math.max(...wanted)
        return [
          agrees("first step / η", uncorrected[0]!, wanted[0]!, 1e-9, "double precision"),
          agrees("largest step / η", Math.max(...uncorrected), peak, 1e-9, "double precision"),
          {
            name: "step at which it is largest",
            predicted: wanted.indexOf(peak) + 1,
            measured: uncorrected.indexOf(Math.max(...uncorrected)) + 1,
            holds: wanted.indexOf(peak) === uncorrected.indexOf(Math.max(...uncorrected)),
            tolerance: "exactly",
          },
        ]
      },
    },
  ],
  see: [
    "The corrected line is flat at 1: each step is as long as the rate says. The uncorrected one starts at $(1-\\beta_1)/\\sqrt{1-\\beta_2}$, rises to a peak after about a dozen steps, and needs some $1/(1-\\beta_2)$ steps to come down.",
  ],
  why: [
    "Both averages start at zero, so after t steps they hold only the shares $1-\\beta_1^t$ and $1-\\beta_2^t$ of what they average. Dividing by these shares makes them unbiased. Without that, the larger β₂ makes the denominator too small for long, and the first steps, when the weights know least, are the longest.",
  ],
  scenes: [
    { title: "The defaults of Adam", values: {} },
    { title: "A shorter memory: β₂ = 0.99", values: { beta2: 0.99 } },
    { title: "No momentum: β₁ = 0", values: { beta1: 0 } },
  ],
  code: ({ rate, beta1, beta2, gradient, steps }) => `import { optim, tensor } from "nabla"

for (const biasCorrection of [true, false]) {
  const theta = tensor([0], { dtype: "float64", requiresGrad: true })
  const adam = optim.adam([theta], { lr: ${rate}, betas: [${beta1}, ${beta2}], eps: 0, biasCorrection })
  let before = 0
  for (let step = 1; step <= ${Math.min(steps, 20)}; step++) {
    theta.grad = tensor([${gradient}], { dtype: "float64" })
    adam.step()
    const after = Number(theta.dataSync()[0])
    console.log(biasCorrection, step, Math.abs(after - before) / ${rate})
    before = after
  }
}
`,
  sources: [
    {
      title: "Kingma and Ba, Adam: a method for stochastic optimization (2015), section 3",
      url: "https://arxiv.org/abs/1412.6980",
    },
  ],
})
