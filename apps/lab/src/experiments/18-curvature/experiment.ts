import type { Reading } from "../experiment.ts"
import { agrees, defineExperiment } from "../experiment.ts"
import { controls, NEAR_EDGE } from "./controls.ts"
import type { View } from "./run.ts"

/** Shares of 2/η: how near it the sharpness has to come, and what it may be in the mean from then on. */
const REACHED = 0.85
const STAYS_BELOW = 1.7

/** Of a training: the largest sharpness, and its mean from the first time near the edge on, in units of 2/η. */
export function atEdge({ training: { sharpness } }: View, rate: number): { largest: number; mean: number } {
  const ratios = sharpness.map(([, value]) => (value * rate) / 2)
  const first = ratios.findIndex((ratio) => ratio >= REACHED)
  const late = first < 0 ? ratios : ratios.slice(first)
  return { largest: Math.max(...ratios), mean: late.reduce((sum, ratio) => sum + ratio, 0) / late.length }
}

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "A net is trained with all data in each step and a constant rate. What becomes of the largest curvature?",
    options: [
      ["falls", "it falls: training finds flat places"],
      ["stays", "it stays about what it was"],
      ["edge", "it rises to where the rate is just too large, and stays there"],
    ],
    outcome: (view, { rate }) => {
      if (!view.done) return null
      const { largest } = atEdge(view, rate)
      const first = (view.training.sharpness[0]![1] * rate) / 2
      return largest >= REACHED ? "edge" : largest > 1.2 * first ? "stays" : "falls"
    },
  },
  laws: [
    {
      name: "A parabola allows rates up to 2/λ",
      statement: "Each step multiplies the distance by 1 − ηλ. Above η = 2/λ that is more than one.",
      formula: String.raw`x_{t+1}=(1-\eta\lambda)\,x_t,\qquad |1-\eta\lambda|<1\iff \eta<\frac{2}{\lambda}`,
      check: ({ parabola }) =>
        NEAR_EDGE.map((share, i) => {
          const path = parabola[i]!
          const factor = (path.at(-1)! / path[0]!) ** (1 / (path.length - 1))
          return agrees(
            `factor of a step at ${share} of 2/λ`,
            factor,
            Math.abs(1 - 2 * share),
            1e-6,
            "double precision",
          )
        }),
    },
    {
      name: "Estimates agree with the exact spectrum",
      statement:
        "Lanczos' method finds the largest eigenvalues, Hutchinson's the trace, from products with the Hessian alone.",
      formula: String.raw`\operatorname{tr}H=\sum_i\lambda_i=\mathbb E[z^\top H z],\qquad z_i=\pm1`,
      check: ({ spectrum }) => {
        if (spectrum === null) return null
        const { exact, top, trace, interval, estimate } = spectrum
        return [
          ...top
            .slice(0, 2)
            .map((value, i) =>
              agrees(`eigenvalue ${i + 1} by Lanczos`, value, exact.at(-1 - i)!, 1e-3, "its own tolerance"),
            ),
          {
            name: "trace by Hutchinson",
            predicted: trace,
            measured: estimate,
            holds: interval[0] <= trace + 1e-6 && interval[1] >= trace - 1e-6,
            tolerance: "its interval of 99.9 % holds the exact one",
          },
        ]
      },
    },
    {
      name: "Training goes to the edge of stability",
      statement:
        "With full batches the sharpness (the largest eigenvalue) rises until the rate is just too large for it. It cannot stay far above.",
      formula: String.raw`\lambda_{\max}(H_t)\;\to\;\frac{2}{\eta}\quad\text{from below, then about it}`,
      check: (view, { rate }): Reading[] | null => {
        if (!view.done) return null
        const { largest, mean } = atEdge(view, rate)
        return [
          {
            name: "largest sharpness, in units of 2/η",
            predicted: "1 or more",
            measured: largest,
            holds: largest >= REACHED,
            tolerance: `at least ${REACHED}: it is measured at some steps only`,
          },
          {
            name: "its mean from then on, in units of 2/η",
            predicted: "about 1",
            measured: mean,
            holds: mean <= STAYS_BELOW,
            tolerance: `at most ${STAYS_BELOW}: it swings about the edge, and may fall below it for good`,
          },
        ]
      },
    },
  ],
  see: [
    "The two runs on the parabola differ by four hundredths of a rate, and one ends in the middle while the other leaves. Above, the net's sharpness climbs from about two to the dashed line 2/η and swings about it, while the loss goes on falling, no longer at every step.",
  ],
  why: [
    "Below 2/η the net moves along its valley towards sharper places. Once the sharpness is above 2/η, the sharpest direction starts to oscillate and grow, as on the parabola; but a net is no parabola, and the oscillation itself drives it back to where it is less sharp. The two balance at the edge.",
    "The spectrum is of the Playground's own net, which has 25 parameters only, so that every eigenvalue can be computed. Most are almost zero; a few are large; some are negative, so this is no minimum.",
  ],
  scenes: [
    { title: "η = 0.3: the edge is at 6.7", values: {} },
    { title: "η = 0.5: the edge is at 4", values: { rate: 0.5 } },
    { title: "A steep parabola", values: { lambda: 50 } },
  ],
  code: ({ rate, width, steps }) => `import { data, nn, optim } from "nabla"
import { objectiveOf, StabilityMonitor } from "nabla/diagnostics"

const loss = (o, t) => o.sub(t).square().mul(0.5).mean()
const [[x, labels]] = [...new data.DataLoader(data.spiral({ n: 500, seed: 1 }), { batchSize: 500 })]
const y = labels.to("float32").mul(2).sub(1).reshape([500, 1])
const model = nn.sequential(nn.mlp([2, ${width}, ${width}, 1], { activation: nn.tanh }), nn.tanh())
const optimizer = optim.sgd(model.parameters(), { lr: ${rate} })
const monitor = new StabilityMonitor(objectiveOf(model, [x, y], { loss }))
for (let step = 0; step <= ${steps}; step++) {
  if (step % 50 === 0) console.log(step, (await monitor.measure(step, ${rate})).ratio)
  optimizer.zeroGrad()
  loss(model.forward(x), y).backward()
  optimizer.step()
}
`,
  sources: [
    {
      title:
        "Cohen et al., Gradient descent on neural networks typically occurs at the edge of stability (2021)",
      url: "https://arxiv.org/abs/2103.00065",
    },
    {
      title:
        "Ghorbani, Krishnan and Xiao, An investigation into neural net optimization via Hessian eigenvalue density (2019)",
      url: "https://arxiv.org/abs/1901.10159",
    },
  ],
})
