import type { Reading } from "../experiment.ts"
import { agrees, defineExperiment } from "../experiment.ts"
import { controls, labelOf, MOST, type Values } from "./controls.ts"
import type { Stage, View } from "./run.ts"
import { condition, distanceAfter, eigen, leastWay, stepsTo } from "./theory.ts"

export const conditionOf = ({ hessian }: Stage): number => {
  const { most, least } = eigen(hessian)
  return most / least
}

function stepsReading({ name, hessian, ...run }: Stage, { left, rate, start }: Values): Reading {
  const predicted = stepsTo(left, hessian, rate, start, MOST)
  if (Number.isFinite(predicted)) {
    return {
      name: `${labelOf(name)}: steps`,
      predicted,
      measured: run.arrived ? run.steps : `more than ${run.steps}`,
      holds: run.arrived && Math.abs(run.steps - predicted) <= 1,
      tolerance: "to one step, for rounding at the end",
    }
  }
  const distance = distanceAfter(MOST, hessian, rate, start)
  return agrees(
    `${labelOf(name)}: distance left after ${MOST} steps`,
    run.distance,
    distance,
    1e-6,
    "double precision",
  )
}

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "Gradient descent needs 210,000 steps on these raw data. How many when means are subtracted and deviations divided by?",
    options: [
      ["same", "about as many: the line to be learned is the same"],
      ["half", "some tens of thousands"],
      ["thousandth", "some hundreds"],
    ],
    outcome: ({ stages, done }) => {
      if (!done) return null
      const [raw, , scaled] = stages
      const factor = raw!.steps / scaled!.steps
      return factor > 100 ? "thousandth" : factor > 1.5 ? "half" : "same"
    },
  },
  laws: [
    {
      name: "Preprocessing is conditioning",
      statement:
        "The loss has the curvature of the mean of x·xᵀ. Centring takes the means out of it, scaling the deviations, whitening the correlations.",
      formula: String.raw`\begin{gathered}H=\tfrac1n\sum_i x_ix_i^\top=C+\mu\mu^\top,\qquad \kappa=\frac{\lambda_{\max}}{\lambda_{\min}}\\ \kappa_{\text{centred}}=\frac{\sigma_{\text{along}}^2}{\sigma_{\text{across}}^2},\quad \kappa_{\text{scaled}}=\frac{1+|r|}{1-|r|},\quad \kappa_{\text{white}}=1\end{gathered}`,
      check: ({ stages }, values) =>
        stages.map((stage) =>
          agrees(
            `${labelOf(stage.name)}: condition number κ`,
            conditionOf(stage),
            condition(stage.name, values),
            1e-6,
            "double precision",
          ),
        ),
    },
    {
      name: "Steps follow the condition number",
      statement:
        "In each eigendirection a step keeps 1 − ηλ of the distance. The flattest direction is the last.",
      formula: String.raw`\begin{gathered}\|e_t\|^2=\sum_i c_i^2\,(1-\eta\lambda_i)^{2t}\\ t\approx\frac{\ln(1/\text{left})}{-\ln(1-1/\kappa)}\approx\kappa\,\ln\frac1{\text{left}}\quad\text{at }\eta=\frac1{\lambda_{\max}}\end{gathered}`,
      check: ({ stages, done }, values) => (done ? stages.map((stage) => stepsReading(stage, values)) : null),
    },
    {
      name: "ZCA moves the points least",
      statement:
        "Both whitenings make the covariance the identity. PCA turns the cloud as well, ZCA turns it back.",
      formula: String.raw`\mathbb E\,|x-C^{-1/2}x|^2=\sum_i\big(\sqrt{\lambda_i}-1\big)^2\;\le\;\mathbb E\,|x-\Lambda^{-1/2}U^\top x|^2`,
      check: ({ stages }, values) => {
        const least = leastWay(values)
        const rounding = 1e-9 * (values.along ** 2 + values.across ** 2)
        const [pca, zca] = [stages[3]!, stages[4]!]
        return [
          {
            name: `${labelOf("zca")}: mean squared way from the centred points`,
            predicted: least,
            measured: zca.moved,
            holds: Math.abs(zca.moved - least) <= rounding,
            tolerance: "double precision",
          },
          {
            name: `${labelOf("pca")}: the same`,
            predicted: `at least ${least.toPrecision(4)}`,
            measured: pca.moved,
            holds: pca.moved >= least - rounding,
            tolerance: "double precision",
          },
        ]
      },
    },
  ],
  see: [
    "The raw cloud is far from 0, long and turned. Its loss is a gutter: lines of equal loss are almost parallel, the path falls into the gutter in one step and then hardly moves. Each preprocessing makes the gutter rounder, until lines of equal loss are circles and the first step goes to the middle.",
  ],
  why: [
    "A weight's gradient is the error times its input, so inputs decide the curvature: $H=\\frac1n\\sum x x^\\top$. Large means make one direction steep, the one in which all outputs rise together. It limits the rate, while the flat direction needs a large one.",
    "At $\\eta=1/\\lambda_{\\max}$ the flat direction keeps $1-1/\\kappa$ in a step: about $\\kappa\\ln(1/\\text{left})$ steps. With $\\kappa=1$ every direction is the steepest, and one step is enough.",
    "What is learned from the training data (means, deviations, axes) has to be kept and used on new data as it is.",
  ],
  scenes: [
    { title: "Far off, long and turned", values: { stage: "centred" } },
    { title: "Centred and scaled: the correlation is left", values: { stage: "scaled" } },
    { title: "Whitened: one step", values: {} },
    { title: "Not turned: scaling is enough", values: { angle: 90, stage: "scaled" } },
    {
      title: "Round, but far from 0",
      values: { along: 1, across: 1, shiftX: 10, shiftY: 10, stage: "centred" },
    },
  ],
  code: ({ along, across, angle, shiftX, shiftY }) => `import { data, randn, tensor } from "nabla"
import { analyzeData } from "nabla/diagnostics"

const a = (${angle} * Math.PI) / 180
const stretch = tensor([
  [${along} * Math.cos(a), ${along} * Math.sin(a)],
  [-${across} * Math.sin(a), ${across} * Math.cos(a)],
], { dtype: "float64" })
const x = randn([1000, 2], { dtype: "float64" }).matmul(stretch).add(tensor([${shiftX}, ${shiftY}], { dtype: "float64" }))
console.log((await analyzeData(x)).condition)

for (const transform of [new data.StandardScaler(), new data.PCA({ whiten: true }), new data.ZCA()]) {
  const y = (await transform.fit(x)).transform(x)
  console.log(transform.kind, (await analyzeData(y)).condition.raw)
}
`,
  sources: [
    { title: "LeCun et al., Efficient BackProp (1998), section 4.3" },
    {
      title: "Bell and Sejnowski, The independent components of natural scenes are edge filters (1997): ZCA",
      url: "https://doi.org/10.1016/S0042-6989(97)00121-1",
    },
  ],
})
