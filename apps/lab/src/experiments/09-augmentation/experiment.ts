import { defineExperiment } from "../experiment.ts"
import { controls, FEATURES, PAIRS, REPLICAS, STEPS } from "./controls.ts"
import type { Look } from "./images.ts"
import type { View } from "./run.ts"
import { average, gapDifferences, ridgePath, signFlips } from "./theory.ts"

/** Chance of being wrong that is taken. */
const RISK = 0.01
/** Standard errors that a mean may be off: one chance in many thousands. */
const ERRORS = 4.5

/** By how much more new images are told right, in the mean. */
const gained = ({ plain, augmented }: Look): number => average(augmented.testRight) - average(plain.testRight)

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt:
      "Two nets learn from the same 100 images. One of them gets each image turned, shifted and scaled a little, anew in each step. What does that change?",
    options: [
      ["worse", "it learns worse: it never sees an image twice"],
      ["better", "it is worse on its own images, and better on new ones"],
      ["same", "nothing: there are no new images in it"],
    ],
    outcome: ({ looks, done }) => {
      if (!done) return null
      const gain = gained(looks.at(-1)!)
      return gain > 0.02 ? "better" : gain < -0.02 ? "worse" : "same"
    },
  },
  laws: [
    {
      name: "More variety, less gap",
      statement:
        "The gap is the loss on new images less that on the training images. If changes did nothing, each pair’s difference could as well have had the other sign.",
      formula: String.raw`\begin{gathered}d_s=\text{gap}_s^{\text{plain}}-\text{gap}_s^{\text{changed}}\\ p=\frac{\#\{\epsilon\in\{\pm1\}^{8}:\ \sum_s\epsilon_s d_s\ge\sum_s d_s\}}{2^{8}}\le 1\,\%\end{gathered}`,
      check: ({ looks, done }) => {
        if (!done) return null
        const differences = gapDifferences(looks.at(-1)!)
        const chance = signFlips(differences)
        return [
          {
            name: "the gap shrinks by",
            predicted: "more than 0",
            measured: average(differences),
            holds: chance <= RISK,
            tolerance: `${PAIRS} pairs; ${Number((100 * chance).toPrecision(2))} % of all choices of signs give as much, where 1 % is allowed`,
          },
        ]
      },
    },
    {
      name: "Noise on the inputs is ridge regression",
      statement:
        "For a linear model noise of variance σ² costs, in the mean, what a penalty of nσ² on the squared weights costs. So the mean of many noisy runs goes the way of ridge regression, at every step.",
      formula: String.raw`\mathbb E_N\,\lVert y-(X+N)w\rVert^2=\lVert y-Xw\rVert^2+n\sigma^2\lVert w\rVert^2`,
      check: ({ linear, done }, { sigma }) => {
        if (linear === null || !done) return null
        const { inputs, targets, step, path, errors } = linear
        const expected = ridgePath(inputs, targets, sigma, step).at(-1)!
        const means = path.at(-1)![1]
        const off = expected.map((weight, i) => Math.abs(means[i]! - weight) / errors[i]!)
        const doubt = ERRORS * Math.hypot(...errors)
        const [length, predicted] = [Math.hypot(...means), Math.hypot(...expected)]
        return [
          {
            name: `length of the mean weights after ${STEPS} steps`,
            predicted,
            measured: length,
            holds: Math.abs(length - predicted) <= doubt,
            tolerance: `within ${doubt.toPrecision(2)}: ${ERRORS} standard errors of ${REPLICAS} runs`,
          },
          {
            name: `largest distance of the ${FEATURES} weights, in standard errors`,
            predicted: 0,
            measured: Math.max(...off),
            holds: Math.max(...off) <= ERRORS,
            tolerance: `at most ${ERRORS}`,
          },
        ]
      },
    },
  ],
  see: [
    "On the sheet each row is an image and seven of what the net gets in its place. Without changes the training loss goes to zero while the loss on new images rises: the images are learned by heart. With changes the training loss stays higher, and the one on new images lower. The bars are the eight pairs, each with images of its own: the difference has the same sign in all.",
    "Strong changes shrink the gap too, but by making the task too hard: look whether the share of new images that are told right goes up or down.",
    "Below, the noisy runs of the linear model keep to the dashed path of ridge regression, with shorter weights than without noise.",
  ],
  why: [
    "An image that is changed anew each time cannot be learned by heart: what is left to learn is what the changed images have in common. This helps as far as new images differ from the old ones in the same way. Changes that are drawn once are only other images, as few as before, and less like new ones.",
    "With noise $N$ of mean 0 and variance $\\sigma^2$, $\\mathbb E\\lVert y-(X+N)w\\rVert^2$ has no mixed term, and $\\mathbb E\\lVert Nw\\rVert^2=n\\sigma^2\\lVert w\\rVert^2$. A step of gradient descent is linear in $w$, and its noise is independent of the weights before it, so means can be taken step by step. If the noise is drawn once, it is not: $w$ then learns that noise, too.",
  ],
  scenes: [
    { title: "A hundred images, changed a little", values: {} },
    { title: "Forty images: a wider gap", values: { images: 40 } },
    { title: "Too much: the gap shrinks, and the net learns little", values: { amount: 2 } },
    { title: "Noise instead", values: { kind: "noise" } },
    { title: "More noise is a larger penalty", values: { sigma: 1 } },
  ],
  code: ({ sigma, rows, seed }) => `import { data, Generator, linalg, nn, optim, randn, zeros } from "nabla"

// Images, changed anew in each epoch
const augment = data.randomAffine({ degrees: 10, translate: [0.1, 0.1], scale: [0.9, 1.1], shear: 5 })
const test = [...new data.DataLoader(data.glyphs({ n: 300, seed: 1000 }), { batchSize: 300 })][0]
for (const options of [{}, { augment }]) {
  const loader = new data.DataLoader(data.glyphs({ n: 100, seed: ${seed} }), { batchSize: 100, ...options })
  const model = nn.sequential(nn.flatten(), nn.linear(784, 32), nn.relu(), nn.linear(32, 10))
  const optimizer = optim.adam(model.parameters(), { lr: 0.01 })
  for (let epoch = 0; epoch < 60; epoch++) {
    for (const [x, y] of loader) {
      optimizer.zeroGrad()
      nn.crossEntropy(model.forward(x), y).backward()
      optimizer.step()
    }
  }
  console.log(nn.crossEntropy(model.forward(test[0]), test[1]).itemSync())
}

// Noise on the inputs of a linear model, and ridge regression
const [n, sigma, generator] = [${rows}, ${sigma}, new Generator(${seed})]
const X = randn([n, 8], { generator })
const y = X.matmul(randn([8, 1], { generator })).add(randn([n, 1], { generator }).mul(0.5))
const w = zeros([${REPLICAS}, 8, 1], { requiresGrad: true })
const sgd = optim.sgd([w], { lr: 0.03 })
for (let step = 0; step < 500; step++) {
  sgd.zeroGrad()
  const noisy = X.add(randn([${REPLICAS}, n, 8], { generator }).mul(sigma))
  noisy.matmul(w).sub(y).square().sum().mul(0.5 / n).backward()
  sgd.step()
}
const penalty = zeros([8]).add(n * sigma ** 2).diag()
const ridge = linalg.solve(X.t().matmul(X).add(penalty), X.t().matmul(y))
console.log(w.mean(0).flatten().toArray(), ridge.flatten().toArray())
`,
  sources: [
    {
      title: "Bishop, Training with noise is equivalent to Tikhonov regularization (1995)",
      url: "https://doi.org/10.1162/neco.1995.7.1.108",
    },
    {
      title: "Simard, Steinkraus and Platt, Best practices for convolutional neural networks (2003)",
      url: "https://doi.org/10.1109/ICDAR.2003.1227801",
    },
    { title: "Fisher, The design of experiments (1935): tests by exchange of signs" },
  ],
})
