import type { Check, Verdict } from "../check.ts"
import { POOR_TRAINING } from "../consequences.ts"
import { gradientFlow } from "../gradient-flow.ts"
import { glorot } from "../references.ts"
import { timeFlow } from "../time-flow.ts"

const FADED = 100
const GONE = 10_000

export const vanishing: Check = {
  name: "vanishing",
  title: "Gradients vanish on the way back",
  causes: POOR_TRAINING,
  async examine(patient): Promise<Verdict> {
    const [depth, time] = [await gradientFlow(patient), await timeFlow(patient)]
    if (depth === null && time === null) return { skipped: "fewer than two layers get a gradient" }
    const evidence = [
      ...(depth === null
        ? []
        : [
            {
              what: `|d(loss)/d(output)| of ${depth.last || "the last layer"} over that of ${depth.first || "the first one"}, ${depth.layers} layers`,
              measured: depth.lastToFirst,
              threshold: `below ${FADED}`,
              why: "with one rate for all, layers whose gradients are a hundred times smaller hardly learn",
              excess: depth.lastToFirst / FADED,
            },
          ]),
      ...(time === null
        ? []
        : [
            {
              what: `|d(loss)/dx| of the last steps of a sequence over that of the first ones, ${time.steps} steps`,
              measured: time.lastToFirst,
              threshold: `below ${FADED ** 2}`,
              why: "what happened early has no influence that could be learnt",
              excess: time.lastToFirst / FADED ** 2,
            },
          ]),
    ].toSorted((a, b) => b.excess - a.excess)
    const worst = Math.max(depth?.lastToFirst ?? 0, (time?.lastToFirst ?? 0) / FADED)
    if (worst <= FADED) return { fine: evidence }
    return {
      finding: {
        severity: worst > GONE ? "error" : "warning",
        layers: depth === null || depth.lastToFirst <= FADED ? [] : [depth.first],
        explanation:
          "The gradient is multiplied by each layer's (or step's) derivative; when these are below 1 it shrinks " +
          "exponentially. A sigmoid's is at most 1/4.",
        evidence,
        remedies: [
          {
            text: "Use ReLU or tanh instead of sigmoid in hidden layers.",
            code: "nn.mlp(widths, { activation: nn.relu })",
          },
          {
            text: "Add a normalisation behind each layer, or connections around blocks of layers (residual).",
          },
          { text: "Over time: a GRU or LSTM instead of a plain RNN." },
        ],
        references: [
          glorot,
          {
            title:
              "Bengio, Simard & Frasconi, Learning long-term dependencies with gradient descent is difficult (1994)",
            url: "https://doi.org/10.1109/72.279181",
          },
        ],
      },
    }
  },
}
