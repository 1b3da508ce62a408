import type { Check, Verdict } from "../check.ts"
import { POOR_TRAINING } from "../consequences.ts"
import { gradientFlow } from "../gradient-flow.ts"
import { timeFlow } from "../time-flow.ts"

const GROWN = 100
const BURST = 10_000

export const exploding: Check = {
  name: "exploding",
  title: "Gradients explode on the way back",
  causes: POOR_TRAINING,
  async examine(patient): Promise<Verdict> {
    const [depth, time] = [await gradientFlow(patient), await timeFlow(patient)]
    if (depth === null && time === null) return { skipped: "fewer than two layers get a gradient" }
    const growth = [
      ...(depth === null
        ? []
        : [
            {
              what: `layers, from ${depth.last || "the last"} back to ${depth.first || "the first"}`,
              by: 1 / depth.lastToFirst,
            },
          ]),
      ...(time === null
        ? []
        : [
            {
              what: `${time.steps} steps of a sequence, from the last back to the first`,
              by: 1 / time.lastToFirst,
            },
          ]),
    ].toSorted((a, b) => b.by - a.by)
    const evidence = growth.map(({ what, by }) => ({
      what: `growth of |d(loss)/d(output)| over ${what}`,
      measured: by,
      threshold: `below ${GROWN}`,
      why: "the rate must be small enough for the steepest layer, and is then a hundred times too small for the others",
      excess: by / GROWN,
    }))
    const worst = growth[0]!.by
    if (!(worst > GROWN)) return { fine: evidence }
    return {
      finding: {
        severity: worst > BURST ? "error" : "warning",
        layers: depth === null || 1 / depth.lastToFirst <= GROWN ? [] : [depth.first],
        explanation:
          "The gradient is multiplied by each layer's (or step's) weights and derivative; when these are above 1 it grows " +
          "exponentially, and single steps throw the weights far off.",
        evidence,
        remedies: [
          {
            text: "Initialise with the law that fits the activation; recurrent weights orthogonally.",
            code: 'nn.init.initialize(model, "heNormal") // "xavierNormal" with tanh',
          },
          {
            text: "Cut gradients off at a norm.",
            code: "fit(model, loader, { optimizer, clipGradNorm: 1 })",
          },
        ],
        references: [
          {
            title:
              "Pascanu, Mikolov & Bengio, On the difficulty of training recurrent neural networks (2013)",
            url: "https://arxiv.org/abs/1211.5063",
          },
        ],
      },
    }
  },
}
