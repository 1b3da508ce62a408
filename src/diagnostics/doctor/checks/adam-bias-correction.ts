import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import type { Patient } from "../patient.ts"

/** Adam's averages start at 0; without correction the second one lags far behind the first, and first steps are long. */
export const adamBiasCorrection: Check = {
  name: "adam-bias-correction",
  title: "Adam works without bias correction",
  causes: ["rate-too-high"],
  examine({ optimizer }: Patient): Verdict {
    if (optimizer?.biasCorrection == null) return { skipped: "the optimizer has no bias correction" }
    const [first, second] = optimizer.betas ?? [0.9, 0.999]
    const factor = (t: number): number => (1 - first ** t) / Math.sqrt(1 - second ** t)
    const largest = Math.max(...Array.from({ length: 200 }, (_, i) => factor(i + 1)))
    const measured = optimizer.biasCorrection ? 1 : largest
    const evidence: Evidence = {
      what: "longest step among the first 200, as a multiple of the learning rate",
      measured,
      threshold: "at most 1",
      why: "(1 − β₁ᵗ)/√(1 − β₂ᵗ) is what an uncorrected step is multiplied by; β₂ forgets its start in 1/(1 − β₂) steps (Kingma & Ba 2015, section 3)",
    }
    if (optimizer.biasCorrection) return { fine: [evidence] }
    const warm = Math.ceil(3 / (1 - second))
    return {
      finding: {
        severity: optimizer.steps > warm ? "hint" : "warning",
        layers: [],
        explanation: `Without bias correction the first steps are up to ${largest.toFixed(1)} times as long as the learning rate says, for about ${warm} steps.`,
        evidence: [evidence],
        remedies: [
          {
            text: "turn the correction on",
            code: "optim.adam(model.parameters(), { lr, biasCorrection: true })",
          },
          { text: "or warm the rate up", code: `schedules.warmUp({ steps: ${warm} })` },
        ],
        references: [{ title: "Kingma & Ba 2015, section 3", url: "https://arxiv.org/abs/1412.6980v9" }],
      },
    }
  },
}
