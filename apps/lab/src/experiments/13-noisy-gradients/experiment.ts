import { defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import type { View } from "./run.ts"

/** Standard errors that a mean may be off: one chance in many thousands. */
const ERRORS = 4.5

/** E[w²] in the end: the noise of a batch, kept by steps of size η. */
export const floorOf = (rate: number, batch: number, noise: number): number =>
  ((rate / (2 - rate)) * noise ** 2) / batch

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt: "At a constant rate, does the run settle in the minimum if it only goes on for long enough?",
    options: [
      ["settles", "yes, the noise averages out"],
      ["floor", "no, it keeps moving about the minimum"],
      ["leaves", "no, the noise carries it away"],
    ],
    outcome: ({ squares, floor, done }) =>
      !done
        ? null
        : !Number.isFinite(floor) || floor > 1e3
          ? "leaves"
          : squares.at(-1)! < floor / 100
            ? "settles"
            : "floor",
  },
  laws: [
    {
      name: "A batch's gradient is unbiased, with a variance of 1/B",
      statement: "Its mean is the gradient of the whole, and each sample more takes its share of the spread.",
      formula: String.raw`\mathbb E[\hat g]=g,\qquad \operatorname{Var}[\hat g]=\frac{\sigma^2}{B}`,
      check: ({ mean, variance, batched }, { noise, batch }) => {
        const predicted = noise ** 2 / batch
        const error = ERRORS * Math.sqrt(predicted / batched.length)
        const spread = ERRORS * Math.sqrt(2 / batched.length)
        return [
          {
            name: "mean gradient at w = 1",
            predicted: 1,
            measured: mean,
            holds: Math.abs(mean - 1) <= error,
            tolerance: `within ${ERRORS} standard errors of ${batched.length} batches`,
          },
          {
            name: "variance of the gradient",
            predicted,
            measured: variance,
            holds: Math.abs(variance / predicted - 1) <= spread,
            tolerance: `within ${Math.round(100 * spread)} %: ${ERRORS} standard errors`,
          },
        ]
      },
    },
    {
      name: "The noise floor",
      statement:
        "Each step shrinks the distance and adds noise. The two balance at a floor that the rate sets.",
      formula: String.raw`\mathbb E[w_{t+1}^2]=(1-\eta)^2\,\mathbb E[w_t^2]+\eta^2\frac{\sigma^2}{B}\;\Rightarrow\;\mathbb E[w^2]=\frac{\eta}{2-\eta}\cdot\frac{\sigma^2}{B}`,
      check: ({ floor, independent, done }, { rate, batch, noise }) => {
        if (!done) return null
        const predicted = floorOf(rate, batch, noise)
        const error = ERRORS * Math.sqrt(2 / independent)
        return [
          {
            name: "E[w²] over the later half",
            predicted,
            measured: floor,
            holds: Math.abs(floor / predicted - 1) <= error,
            tolerance: `within ${(100 * error).toPrecision(2)} %: ${ERRORS} standard errors`,
          },
        ]
      },
    },
  ],
  see: [
    "The histogram of batch gradients is narrower than that of single samples by √B, about the same middle. The mean square of the weight rises from zero to a floor within about 1/η steps and stays there: the runs never come to rest.",
  ],
  why: [
    "Samples are drawn independently, so their errors add in squares: a mean of B of them has the variance $\\sigma^2/B$.",
    "The step $w\\leftarrow w-\\eta(w-\\bar\\xi)$ keeps $(1-\\eta)^2$ of the square and adds $\\eta^2\\sigma^2/B$. Setting both sides equal gives the floor. Half the rate is about half the floor, and so is twice the batch; this is why rates are lowered in the end.",
  ],
  scenes: [
    { title: "η = 0.5, single samples: a floor of 1/3", values: { batch: 1 } },
    { title: "η = 0.1: a floor of 0.0526", values: { rate: 0.1, batch: 1 } },
    { title: "A batch of 16", values: { batch: 16 } },
    { title: "Almost too large a rate", values: { rate: 1.8 } },
  ],
  code: ({ rate, batch, noise, seed }) => `import { Generator, optim, randn, zeros } from "nabla"

const generator = new Generator(${seed})
const w = zeros([1024], { dtype: "float64", requiresGrad: true })
const optimizer = optim.sgd([w], { lr: ${rate} })
for (let step = 0; step < 200; step++) {
  optimizer.zeroGrad()
  const samples = randn([${batch}, 1024], { generator, dtype: "float64" }).mul(${noise})
  w.sub(samples).square().mul(0.5).mean(0).sum().backward()
  optimizer.step()
}
console.log(w.square().mean().itemSync(), ${rate} / (2 - ${rate}) * ${noise} ** 2 / ${batch})
`,
  sources: [
    {
      title: "Schaul, Zhang and LeCun, No more pesky learning rates (2013)",
      url: "https://arxiv.org/abs/1206.1106",
    },
    {
      title: "Zhang et al., Which algorithmic choices matter at which batch sizes? (2019)",
      url: "https://arxiv.org/abs/1907.04164",
    },
  ],
})
