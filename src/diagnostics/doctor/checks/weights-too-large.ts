import type { Check } from "../check.ts"
import { POOR_SIGNALS, POOR_TRAINING } from "../consequences.ts"
import { gradientFlow } from "../gradient-flow.ts"
import { fitOf, initialSignals, keepingGain } from "../initial-signals.ts"
import { glorot, heInit } from "../references.ts"
import { twoSidedSaturation } from "../saturation.ts"

const STEADY = 1.26
const GROWN = 10
const BURST = 100
const SATURATED = 0.2

export const weightsTooLarge: Check = {
  name: "weights-too-large",
  title: "The initial weights are too large",
  causes: [...POOR_SIGNALS, ...POOR_TRAINING],
  async examine(patient) {
    const signals = await initialSignals(patient)
    if (signals === null)
      return { skipped: "needs the initial weights of a model with hidden layers that are not normalised" }
    const { hidden, kept, fit, activation } = signals
    const large = hidden.filter((layer) => fitOf(layer) > STEADY)
    const layers = patient.trained ? [] : twoSidedSaturation(await patient.pass())
    const saturated = Math.max(0, ...layers.map(({ share }) => share))
    const growth = patient.trained ? 1 : 1 / ((await gradientFlow(patient))?.lastToFirst ?? 1)
    const evidence = [
      {
        what: `deviation of the hidden weights over that of the law for ${activation}, mean`,
        measured: fit,
        threshold: `below ${STEADY}`,
        why: "a factor of 1.26 per layer makes 10 in ten layers",
        excess: fit / STEADY,
      },
      {
        what: `growth of the differences between examples over ${hidden.length} hidden layers`,
        measured: kept,
        threshold: `below ${GROWN}`,
        why: "outputs, loss and gradients grow with it, and the stable rate falls with its square",
        excess: kept / GROWN,
      },
      {
        what: "largest share of saturated units",
        measured: saturated,
        threshold: `below ${SATURATED}`,
        why: "a saturated unit passes less than a hundredth of the gradient on; normal numbers saturate tanh in 0.3 %",
        excess: saturated / SATURATED,
      },
    ]
    const harm = kept > GROWN || saturated > SATURATED || growth > GROWN
    if (fit <= STEADY || !harm) return { fine: evidence }
    return {
      finding: {
        severity: kept > BURST || saturated > 2 * SATURATED || growth > BURST ? "error" : "warning",
        layers: large.map(({ path }) => path),
        explanation:
          "Each layer stretches what it is given. Units that saturate are driven into their flat parts, where no gradient " +
          "passes; without saturation outputs and gradients grow exponentially with depth.",
        evidence,
        remedies: [
          {
            text: "Initialise with the law that fits the activation.",
            code: `nn.init.initialize(model, "${keepingGain(activation) > 1 ? "heNormal" : "xavierNormal"}")`,
          },
        ],
        references: [glorot, heInit],
      },
    }
  },
}
