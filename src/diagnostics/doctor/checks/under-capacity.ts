import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import type { Patient } from "../patient.ts"

/** A model that cannot learn a handful of examples by heart cannot learn what they have in common either. */
export const underCapacity: Check = {
  name: "under-capacity",
  title: "the model is too small: it cannot fit one batch",
  causes: [],
  async examine(patient: Patient): Promise<Verdict> {
    const { examples, before, best, steps } = await patient.oneBatch()
    if (!Number.isFinite(best)) return { skipped: "the loss does not stay finite" }
    const left = best / before
    const evidence: Evidence = {
      what: `share of the loss of ${examples} examples that is left after ${steps} steps of Adam on them alone`,
      measured: left,
      threshold: "at most 0.25",
      why: "networks with room learn so few examples by heart, even with random labels (Zhang et al. 2017)",
      excess: left / 0.25,
    }
    if (left <= 0.25) return { fine: [evidence] }
    return {
      finding: {
        severity: "warning",
        layers: [],
        explanation: `Adam with a rate that falls to 0 leaves ${Math.round(100 * left)} % of the loss of a single batch: what the model can represent does not contain the answers.`,
        evidence: [evidence],
        remedies: [
          {
            text: "more units, or a further layer with a non-linearity",
            code: "nn.mlp([features, 64, 64, classes])",
          },
          { text: "look at the regularisation: dropout and weight decay take capacity away" },
        ],
        references: [
          {
            title: "Zhang et al. 2017, Understanding deep learning requires rethinking generalization",
            url: "https://arxiv.org/abs/1611.03530",
          },
        ],
      },
    }
  },
}
