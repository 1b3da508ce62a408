import type { Reading } from "../experiment.ts"
import { defineExperiment } from "../experiment.ts"
import type { Values } from "./controls.ts"
import { controls, MEAN, MOMENTUM, STD } from "./controls.ts"
import type { View } from "./run.ts"
import type { Running } from "./running.ts"
import type { Scale } from "./scale.ts"
import type { Noise, Workers } from "./statistics.ts"
import { apartSquared, CHANNELS, driftSquared, ERRORS, meanNoise, sizesOf, varianceNoise } from "./theory.ts"

/** A reading that two numbers lie within a distance. */
const near = (name: string, measured: number, predicted: number, distance: number, why: string): Reading => ({
  name,
  predicted,
  measured,
  holds: Math.abs(measured - predicted) <= distance,
  tolerance: why,
})

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`
const errors = (share: number): string => `within ${percent(share)}: ${ERRORS} standard errors`
/** Double precision, after the sums of a net. */
const ROUNDING = 1e-9
const rounding = "to rounding: 9 digits of double precision"

const within = (name: string, measured: number, predicted: number, share: number, why: string): Reading =>
  near(name, measured, predicted, share * Math.abs(predicted), why)

function sizeReadings({ depths }: View, values: Values): Reading[] {
  const { norm, placement, gamma, depth } = values
  return sizesOf(values).map(({ sigma, normed, plain }, i) => {
    const found = depths[i]!
    const name = `std of layer ${depth} with σ = ${Number(sigma.toPrecision(3))}`
    if (!norm) {
      const why = `within ${percent(plain.doubt)}: ${ERRORS} standard deviations at this width and depth`
      return within(name, found.plain.at(-1)!, plain.sizes.at(-1)!, plain.doubt, why)
    }
    const measured = found.normed.at(-1)!
    if (placement === "after")
      return within(name, measured, gamma * Math.sqrt(found.share), ROUNDING, rounding)
    const why = `within ${percent(normed.doubt)}: finite batch, width and ε are known to first order`
    // Where ε has taken everything, rounding is left.
    const expected = normed.sizes.at(-1)!
    return near(name, measured, expected, normed.doubt * expected + ROUNDING, why)
  })
}

function scaleReadings({ plain, scaled, equivalent, slope }: Scale, values: Values): Reading[] {
  const cosine = "⟨W, ∇W⟩ over ‖W‖·‖∇W‖"
  if (!values.norm || values.placement === "after") {
    // Nothing cancels the scale here: the inner product is the slope of the loss over ln c.
    const why = "to six digits: the slope is taken from two losses a ten-thousandth apart"
    return [near(cosine, plain.inner / plain.product, slope / plain.product, 1e-6, why)]
  }
  const c = values.factor
  return [
    within(`loss with ${c}·W, against W with ε/c²`, scaled.loss, equivalent.loss, ROUNDING, rounding),
    within(
      `gradient is divided by`,
      plain.gradient / scaled.gradient,
      (c * plain.gradient) / equivalent.gradient,
      ROUNDING,
      rounding,
    ),
    near(cosine, plain.inner / plain.product, plain.left / plain.product, ROUNDING, rounding),
  ]
}

function noiseReadings({ batches, samples, channels }: Noise, { batch }: Values): Reading[] {
  const shown = batches.filter(({ batchSize }) => [2, 16, 128].includes(batchSize))
  const freedom = (size: number): number => channels * Math.max(1, Math.floor(samples / size) - 1)
  const means = shown.map(({ batchSize, meanNoise: noise }) => {
    const share = ERRORS * Math.sqrt(2 / freedom(batchSize))
    const predicted = meanNoise(batchSize, samples)
    return within(
      `variance of the mean of ${batchSize}, over σ²`,
      noise ** 2,
      predicted,
      share,
      errors(share),
    )
  })
  const { varianceNoise: noise } = batches.find(({ batchSize }) => batchSize === batch)!
  const share = ERRORS * Math.sqrt((2 + 12 / (batch - 1)) / freedom(batch))
  const name = `mean square of v/σ² − 1 for batches of ${batch}`
  return [...means, within(name, noise ** 2, varianceNoise(batch, samples), share, errors(share))]
}

function workerReadings({ set, gradients }: Workers, values: Values): Reading[] {
  const { norm, sync, workers, batch, epsilon } = values
  if (sync) {
    return [
      near("largest difference of outputs to one big batch", set.together, 0, ROUNDING, rounding),
      near("the same of gradients, as a share", gradients.together, 0, ROUNDING, rounding),
    ]
  }
  const { square, error } = set.alone
  const predicted = norm ? apartSquared(batch, workers, STD, epsilon) : 0
  const distance = ERRORS * error + 1e-3 * predicted
  const name = "mean square of the difference to one big batch, over γ²"
  return [
    near(
      name,
      square,
      predicted,
      distance,
      `${ERRORS} standard errors, and a thousandth for sums over densities`,
    ),
  ]
}

function runningReadings({ drifts, gaps }: Running, { batch, passes }: Values): Reading[] {
  const { square, predicted, error } = gaps.at(-1)!
  const drift = driftSquared(passes, batch, MEAN / STD, MOMENTUM)
  // What is left of the start is the same for all channels; the noise is not.
  const kept = (1 - MOMENTUM) ** (2 * passes) * (MEAN / STD) ** 2
  const noise = drift - kept
  const distance = ERRORS * Math.sqrt((2 * noise ** 2 + 4 * noise * kept) / CHANNELS) + ROUNDING
  return [
    near("mean square of (running mean − mean)/σ", drifts.at(-1)!, drift, distance, errors(distance / drift)),
    near(
      "mean square of training − evaluation, over γ²",
      square,
      predicted,
      ERRORS * error + 1e-3 * predicted,
      `${ERRORS} standard errors, and a thousandth for sums over densities`,
    ),
  ]
}

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "A layer’s weights are multiplied by ten, and batch norm follows. What becomes of the loss and of the gradient at these weights?",
    options: [
      ["both", "both change"],
      ["neither", "neither changes"],
      ["tenth", "the loss stays, and the gradient is a tenth"],
    ],
    outcome: ({ scale }, { factor }) => {
      if (scale === null || factor === 1) return null
      const { plain, scaled } = scale
      if (Math.abs(scaled.loss / plain.loss - 1) > 1e-3) return "both"
      const power = Math.log(plain.gradient / scaled.gradient) / Math.log(factor)
      return power > 0.9 ? "tenth" : Math.abs(power) < 0.1 ? "neither" : "both"
    },
  },
  laws: [
    {
      name: "Depth: the scale of the weights does not matter",
      statement:
        "Batch norm gives every layer inputs of the same size, whatever the weights are. Without it, being too small or too large is repeated in each layer.",
      formula: String.raw`\begin{gathered}\hat y=\gamma\,\frac{y-\mathbb E_B[y]}{\sqrt{\operatorname{Var}_B[y]+\varepsilon}}+\beta\\ \operatorname{std}(h)\approx\operatorname{std}\big(\tanh(\gamma z+\beta)\big)\end{gathered}`,
      check: (view, values) => (view.depths.length < 3 ? null : sizeReadings(view, values)),
    },
    {
      name: "c·W: the same loss, the gradient divided by c",
      statement:
        "Between W and the non-linearity, batch norm divides c away again. So W’s gradient has no part along W; what ε leaves of one is predicted too.",
      formula: String.raw`\begin{gathered}L(cW;\varepsilon)=L(W;\varepsilon/c^2)\\ \nabla L(cW)=\tfrac1c\nabla L(W;\varepsilon/c^2)\\ \langle W,\nabla_W L\rangle=\sum_i\gamma_i\frac{\partial L}{\partial\gamma_i}\,\frac{\varepsilon}{v_i+\varepsilon}\;\to\;0\end{gathered}`,
      check: ({ scale }, values) => (scale === null ? null : scaleReadings(scale, values)),
    },
    {
      name: "Statistics of a small batch are noisy, by 1/B",
      statement:
        "The mean of a batch is a mean of B samples. (Here batches are parts of N = 2048 samples, which makes their means a little less different.)",
      formula: String.raw`\operatorname{Var}[\bar y_B]=\frac{\sigma^2}{B}\cdot\frac{N-B}{N-1}`,
      check: ({ noise }, values) => (noise === null ? null : noiseReadings(noise, values)),
    },
    {
      name: "Workers that share their statistics are one big batch",
      statement:
        "K workers that add up their sums compute what one batch of K·B would, gradients included. Alone, each divides by its own standard deviation s, and is off by as much as s differs from the common S.",
      formula: String.raw`\begin{gathered}\mathbb E\big[(\hat x_k-\hat x)^2\big]=2-2\,\mathbb E\Big[\frac{s_k}{S}\Big]\\ \frac{s_k^2}{KS^2}\sim\mathrm{Beta}\Big(\tfrac{B-1}2,\tfrac{KB-B}2\Big)\end{gathered}`,
      check: ({ workers }, values) => (workers === null ? null : workerReadings(workers, values)),
    },
    {
      name: "Training and evaluation differ",
      statement:
        "Evaluation uses running means. After t passes they still hold (1 − m)ᵗ of their start, and the batches’ own noise. Even with perfect ones a gap stays: the noise of the batch that training uses.",
      formula: String.raw`\begin{gathered}\mathbb E\Big[\Big(\tfrac{r_t-\mu}{\sigma}\Big)^2\Big]=(1-m)^{2t}\Big(\tfrac{\mu}{\sigma}\Big)^2+\frac{m}{2-m}\,\frac{1-(1-m)^{2t}}{B}\\ \mathbb E\big[(\hat x_{\text{train}}-\hat x_{\text{eval}})^2\big]\to 2-2\sqrt{\tfrac2B}\,\frac{\Gamma(B/2)}{\Gamma((B-1)/2)}\approx\frac{3}{2B}\end{gathered}`,
      check: ({ running, done }, values) =>
        done && running !== null ? runningReadings(running, values) : null,
    },
  ],
  see: [
    "The first picture: with batch norm three nets, whose weights differ a hundredfold, have layers of the same size. Without it the smallest is gone after a few layers and the largest is pressed against ±1.",
    "The second: with batch norm the loss is a flat line over c, and the gradient falls by a factor of ten for each factor of ten. Without it both change. Put batch norm after tanh, and the flat line is gone: tanh has used the scale before anybody divides by it.",
    "The other three show the price: what a sample becomes depends on who else is in its batch. The smaller the batch, the more so; with several workers, and between training and evaluation.",
  ],
  why: [
    "$\\mathbb E_B$ and $\\operatorname{Var}_B$ are taken from the batch itself, so a factor on $y$ is a factor on $\\sqrt{\\operatorname{Var}_B[y]}$ and cancels. A function that does not change along $W$ has a gradient at right angles to $W$: steps of gradient descent can only make $W$ longer, and a longer $W$ has a smaller gradient. The rate so adapts by itself, as if it were $\\eta/\\|W\\|^2$.",
    "That holds only because the derivative also goes through mean and variance. The switch at the end leaves this out: the loss is as before, but the gradient gets a part along $W$.",
    "With a batch of two, each unit’s outputs are exactly $\\beta\\pm\\gamma$, whatever the inputs are: all that is left is which of the two was larger. γ and β are there so that the net can choose size and place again; they do not depend on the weights before.",
  ],
  scenes: [
    { title: "Three scales, one size", values: {} },
    { title: "The same without batch norm", values: { norm: false } },
    { title: "After tanh: the scale matters again", values: { placement: "after" } },
    { title: "A batch of two: only signs are left", values: { batch: 2 } },
    { title: "Four workers with 8 each, on their own", values: { batch: 8, sync: false } },
    { title: "Evaluation after two passes only", values: { passes: 2, batch: 32 } },
  ],
  code: ({ batch, factor, gamma, beta, epsilon, workers }) => `import { nn, noGrad, randn } from "nabla"
import { analyzeBatchNorm } from "nabla/diagnostics"

const layer = nn.linear(32, 32, { bias: false })
const norm = nn.batchNorm1d(32, { eps: ${epsilon} })
nn.init.constant_(norm.weight, ${gamma})
nn.init.constant_(norm.bias, ${beta})
const model = nn.sequential(layer, norm, nn.tanh(), nn.linear(32, 1))
const [x, y] = [randn([${batch}, 32]), randn([${batch}, 1])]
for (const c of [1, ${factor}]) {
  noGrad(() => layer.weight.copy_(layer.weight.mul(c)))
  model.zeroGrad()
  const loss = nn.mse(model.forward(x), y)
  loss.backward()
  const g = layer.weight.grad
  console.log(c, loss.itemSync(), g.square().sum().sqrt().itemSync(), layer.weight.mul(g).sum().itemSync())
}

// The noise of small batches, and the gap between training and evaluation
const { layers, trainEvalGap } = await analyzeBatchNorm(model, randn([512, 32]))
console.log(layers[0].noise, trainEvalGap)

// Workers that share their statistics
const replicas = nn.inProcess(${workers})
const shared = nn.convertSyncBatchNorm(model, replicas)
const parts = randn([${workers * batch}, 32]).chunk(${workers})
console.log(replicas.run((rank) => shared.forward(parts[rank]).mean().itemSync()))
`,
  sources: [
    {
      title: "Ioffe and Szegedy, Batch normalization (2015)",
      url: "https://arxiv.org/abs/1502.03167",
    },
    {
      title: "van Laarhoven, L2 regularization versus batch and weight normalization (2017)",
      url: "https://arxiv.org/abs/1706.05350",
    },
    {
      title: "Yang et al., A mean field theory of batch normalization (2019)",
      url: "https://arxiv.org/abs/1902.08129",
    },
    { title: "Peng et al., MegDet: synchronised batch norm (2018)", url: "https://arxiv.org/abs/1711.07240" },
  ],
})
