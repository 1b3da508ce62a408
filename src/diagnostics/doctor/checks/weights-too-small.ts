import type { Check } from "../check.ts"
import { POOR_SIGNALS, POOR_TRAINING } from "../consequences.ts"
import { fitOf, initialSignals, keepingGain } from "../initial-signals.ts"
import { glorot, heInit } from "../references.ts"

/** Below this, differences between examples are a hundredth of what they were, and gradients for the first layer too. */
const KEPT = 0.01
const GONE = 0.001
/** A factor of 1.26 per layer makes 10 in ten layers. */
const STEADY = 1.26

export const weightsTooSmall: Check = {
  name: "weights-too-small",
  title: "The initial weights are too small for the depth",
  causes: [...POOR_SIGNALS, ...POOR_TRAINING],
  async examine(patient) {
    const signals = await initialSignals(patient)
    if (signals === null)
      return { skipped: "needs the initial weights of a model with hidden layers that are not normalised" }
    const { hidden, kept, fit, byLaw, activation } = signals
    const small = hidden.filter((layer) => fitOf(layer) < 1 / STEADY)
    const evidence = [
      {
        what: `what is left of the differences between examples behind ${hidden.length} hidden layers`,
        measured: kept,
        threshold: `above ${KEPT}`,
        why: "gradients for the weights go with the signals: with less than a hundredth, layers learn at different speeds",
        excess: KEPT / Math.max(kept, 1e-9),
      },
      {
        what: `deviation of the hidden weights over that of the law for ${activation}, mean`,
        measured: fit,
        threshold: `above ${(1 / STEADY).toFixed(2)}`,
        why: "a factor of 0.8 per layer leaves a tenth after ten layers",
      },
    ]
    // Where the weights account for less than half of the loss (in logarithms), it is that of saturated units or sigmoids.
    if (kept >= KEPT || byLaw > Math.sqrt(kept)) return { fine: evidence }
    return {
      finding: {
        severity: kept < GONE ? "error" : "warning",
        layers: small.map(({ path }) => path),
        explanation:
          "Each layer shrinks what it is given, and the product of all shrinks exponentially with depth: the last layers " +
          "see hardly any difference between examples, and hardly any gradient comes back.",
        evidence,
        remedies: [
          {
            text: "Initialise with the law that fits the activation.",
            code: `nn.init.initialize(model, "${keepingGain(activation) > 1 ? "heNormal" : "xavierNormal"}")`,
          },
          { text: "Or put a normalisation behind each layer, which makes the size of weights irrelevant." },
        ],
        references: [glorot, heInit],
      },
    }
  },
}
