import type { Reading } from "../experiment.ts"
import { agrees, defineExperiment } from "../experiment.ts"
import { controls, NEAR_EDGE } from "./controls.ts"
import type { Bend, View } from "./run.ts"

/** What the sharpness may be in the mean once it has been above the edge, in units of 2/η. */
const ABOUT = [0.9, 1.7] as const

/** Of a training, in units of 2/η: the first and the largest sharpness, and the mean from the first one above the edge on. */
export function atEdge(
  { training: { sharpness } }: View,
  rate: number,
): { first: number; largest: number; mean: number | null } {
  const ratios = sharpness.map(([, value]) => (value * rate) / 2)
  const above = ratios.findIndex((ratio) => ratio >= 1)
  const late = above < 0 ? [] : ratios.slice(above)
  return {
    first: ratios[0]!,
    largest: Math.max(...ratios),
    mean: above < 0 ? null : late.reduce((sum, ratio) => sum + ratio, 0) / late.length,
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** The loss's own curvature: what no error in the Hessian gets past. */
const bends = (name: string, { eigenvalue, curvature }: Bend): Reading =>
  agrees(name, curvature, eigenvalue, 1e-3, "the tolerance of Lanczos, 10⁻⁴, and what the differences leave")

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
      const { first, largest } = atEdge(view, rate)
      const last = (view.training.sharpness.at(-1)![1] * rate) / 2
      return largest >= 1 ? "edge" : last > 0.8 * first ? "stays" : "falls"
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
      formula: String.raw`\begin{gathered}\operatorname{tr}H=\sum_i\lambda_i=\mathbb E[z^\top H z],\quad z_i=\pm1\\ \textstyle\sum_{ij}H_{ij}^2=\sum_i\lambda_i^2\end{gathered}`,
      check: ({ spectrum }) => {
        if (spectrum === null) return null
        const { exact, size, top, trace, squares, interval, estimate, top1 } = spectrum
        const largest = Math.max(...exact.map(Math.abs))
        return [
          {
            name: "eigenvalues",
            predicted: size,
            measured: exact.length,
            holds: exact.length === size,
            tolerance: "one for each parameter",
          },
          {
            name: "their sum, against the matrix's diagonal",
            predicted: trace,
            measured: sum(exact),
            holds: Math.abs(sum(exact) - trace) <= 1e-6 * sum(exact.map(Math.abs)),
            tolerance: "a millionth of the sum of their sizes: double precision, and what the product rounds",
          },
          agrees(
            "the sum of their squares, against all entries squared",
            sum(exact.map((value) => value ** 2)),
            squares,
            1e-6,
            "the same",
          ),
          {
            name: "distance of five by Lanczos from the exact ones, relative to the largest",
            predicted: 0,
            measured: Math.max(...top.map((value, i) => Math.abs(value - exact.at(-1 - i)!))) / largest,
            holds:
              top.length === 5 &&
              top.every((value, i) => Math.abs(value - exact.at(-1 - i)!) <= 1e-4 * largest),
            tolerance: "10⁻⁴, at which the method stops",
          },
          bends("curvature of the loss along the first eigenvector", top1),
          {
            name: "trace by Hutchinson",
            predicted: trace,
            measured: estimate,
            holds: interval[0] <= trace && interval[1] >= trace,
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
        const { first, largest, mean } = atEdge(view, rate)
        const { end } = view.training
        return [
          agrees(
            "λmax in the end, followed through the training",
            end!.followed,
            end!.eigenvalue,
            2e-3,
            "the tolerances of both searches, 10⁻³ each",
          ),
          bends("curvature of the loss along its eigenvector", end!),
          mean === null
            ? {
                name: "sharpness: largest so far, in units of 2/η",
                predicted: `above ${first.toPrecision(3)}, where it began`,
                measured: largest,
                holds: largest > first,
                tolerance: "the edge has not been reached in these steps: on the way there it rises",
              }
            : {
                name: "sharpness once it has been above, mean in units of 2/η",
                predicted: "about 1",
                measured: mean,
                holds: mean >= ABOUT[0] && mean <= ABOUT[1],
                tolerance: `${ABOUT[0]} to ${ABOUT[1]}: it swings from step to step, farther up than down (in forty runs 0.96 to 1.6)`,
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
