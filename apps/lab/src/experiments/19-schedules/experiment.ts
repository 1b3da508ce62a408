import { defineExperiment } from "../experiment.ts"
import { controls } from "./controls.ts"
import type { View } from "./run.ts"

/** E[w²] after each step, for any rates: a step keeps (1 − η)² of it and adds η². */
export function expectedSquares(rates: readonly number[], start = 1): number[] {
  let square = start
  return rates.map((rate) => {
    square = (1 - rate) ** 2 * square + rate ** 2
    return square
  })
}

/** Standard errors of a mean of 4096 squares: one chance in many thousands to be farther off. */
const TOLERANCE = 4.5 * Math.sqrt(2 / 4096)

const near = (name: string, measured: number, predicted: number) => ({
  name,
  predicted,
  measured,
  holds: Math.abs(measured / predicted - 1) <= TOLERANCE,
  tolerance: `within ${Math.round(100 * TOLERANCE)} %: 4.5 standard errors of 4096 runs`,
})

export const experiment = defineExperiment<typeof controls, View>({
  controls,
  prediction: {
    prompt: "Halfway through, the rate falls to a tenth. What happens to the noise floor?",
    options: [
      ["stays", "it stays: the noise is the same"],
      ["tenth", "it falls to about a tenth"],
      ["slower", "the run only gets slower"],
    ],
    outcome: ({ scheduled, constant, done }) => {
      if (!done) return null
      const factor = scheduled.squares.at(-1)! / constant.squares.at(-1)!
      return factor < 0.3 ? "tenth" : factor < 0.9 ? "slower" : "stays"
    },
  },
  laws: [
    {
      name: "Every schedule obeys one recurrence",
      statement: "Whatever the rates are, each step shrinks what is there and adds its own noise.",
      formula: String.raw`\mathbb E[w_{t+1}^2]=(1-\eta_t)^2\,\mathbb E[w_t^2]+\eta_t^2\,\sigma^2`,
      check: ({ scheduled, done }) => {
        if (!done) return null
        const expected = expectedSquares(scheduled.rates)
        const { length } = expected
        return [0.25, 0.55, 0.75, 1].map((share) => {
          const at = Math.ceil(share * length) - 1
          return near(`E[w²] after step ${at + 1}`, scheduled.squares[at]!, expected[at]!)
        })
      },
    },
    {
      name: "A constant rate ends in its floor",
      statement: "Without a schedule the run stays at the height that its rate sets.",
      formula: String.raw`\mathbb E[w^2]\to\frac{\eta}{2-\eta}\,\sigma^2`,
      check: ({ constant, done }, { rate }) =>
        // The start has to be forgotten first.
        !done
          ? null
          : (1 - rate) ** (2 * constant.squares.length) > 1e-3
            ? [
                near(
                  "E[w²] in the end (the start is not forgotten yet)",
                  constant.squares.at(-1)!,
                  expectedSquares(constant.rates).at(-1)!,
                ),
              ]
            : [near("E[w²] in the end", constant.squares.at(-1)!, rate / (2 - rate))],
    },
  ],
  see: [
    "Both runs fall alike at first. The constant one stays at its floor; the other one falls again when its rate does, to about half of the new rate. With warm restarts the line saws up and down: a larger rate brings the noise back within a few steps.",
  ],
  why: [
    "Far from the minimum the slope is larger than the noise, and a large rate is best. Near it the noise is all there is, and only the rate decides how far it carries: the floor is $\\eta/(2-\\eta)$. A schedule uses the first while it is far and the second in the end.",
    "A rate by hand (“graduate student descent”) is a schedule like any other: recorded, it can be replayed.",
  ],
  scenes: [
    { title: "A tenth, halfway", values: {} },
    { title: "One cycle", values: { schedule: "oneCycle", rate: 0.5 } },
    { title: "Warm restarts", values: { schedule: "restarts", rate: 0.3 } },
    { title: "Cosine", values: { schedule: "cosine" } },
    { title: "By hand", values: { schedule: "byHand" } },
  ],
  code: ({ rate, steps }) => `import { Generator, optim, randn, schedules, zeros } from "nabla"

const generator = new Generator(0)
const w = zeros([4096], { dtype: "float64", requiresGrad: true })
const optimizer = optim.sgd([w], { lr: schedules.step(${rate}, ${Math.ceil(steps / 2)}) })
for (let step = 0; step < ${steps}; step++) {
  optimizer.zeroGrad()
  w.sub(randn([4096], { generator, dtype: "float64" })).square().mul(0.5).sum().backward()
  optimizer.step()
  if (step % 50 === 49) console.log(step + 1, optimizer.lr, w.square().mean().itemSync())
}
`,
  sources: [
    { title: "Loshchilov and Hutter, SGDR (2017)", url: "https://arxiv.org/abs/1608.03983" },
    { title: "Smith and Topin, Super-convergence (2017)", url: "https://arxiv.org/abs/1708.07120" },
    {
      title: "Schaul, Zhang and LeCun, No more pesky learning rates (2013)",
      url: "https://arxiv.org/abs/1206.1106",
    },
  ],
})
