import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import type { Patient } from "../patient.ts"

/** Rates below this share of the largest one move next to nothing. */
const SMALL = 0.01
/** Share of the steps that may have such a rate. */
const MOST = 1 / 3

/** The rate is all but zero while much of the training is still to come. */
export const scheduleEndsEarly: Check = {
  name: "schedule-ends-early",
  title: "the schedule ends or decays too early",
  causes: ["rate-too-low", "stuck", "gradient-noise", "ill-conditioned-loss"],
  examine(patient: Patient): Verdict {
    const rates = planned(patient) ?? past(patient)
    if (rates === null) return { skipped: "no schedule with a number of steps, and no history of rates" }
    const peak = Math.max(...rates)
    const lastOfUse = rates.findLastIndex((rate) => rate >= SMALL * peak)
    const share = 1 - (lastOfUse + 1) / rates.length
    const evidence: Evidence = {
      what: "share of the steps, at the end, with less than a hundredth of the largest rate",
      measured: share,
      threshold: "at most 1/3",
      why: "progress is proportional to the rate: a cosine to 0 spends 6 % of its steps so, a step schedule 0.1, 0.01, 0.001 in thirds one third",
      excess: share / MOST,
    }
    if (share <= MOST) return { fine: [evidence] }
    return {
      finding: {
        severity: "warning",
        layers: [],
        explanation: `After step ${lastOfUse + 1} of ${rates.length} the rate stays below a hundredth of its largest value, ${Number(peak.toPrecision(3))}: ${Math.round(100 * share)} % of the training hardly move the weights.`,
        evidence: [evidence],
        remedies: [
          {
            text: "stretch the schedule over all steps of the training",
            code: `schedules.cosine({ lr: ${Number(peak.toPrecision(3))}, steps: ${rates.length} })`,
          },
        ],
        references: [
          { title: "Loshchilov & Hutter 2017, SGDR", url: "https://arxiv.org/abs/1608.03983" },
          { title: "Li et al. 2020, Budgeted training", url: "https://arxiv.org/abs/1905.04753" },
        ],
      },
    }
  },
}

/** The rates of all steps that are meant to be made. */
function planned({ options, optimizer, history }: Patient): number[] | null {
  const schedule = options.schedule ?? optimizer?.schedule ?? null
  const made = Math.max(optimizer?.steps ?? 0, history.steps.at(-1)?.step ?? 0)
  const total = Math.max(options.totalSteps ?? 0, made)
  if (schedule === null || total < 10) return null
  const each = Math.max(1, total / 1000)
  return Array.from({ length: Math.floor(total / each) }, (_, i) => schedule(Math.floor(i * each)))
}

/** The rates of the steps that were made. */
function past({ history }: Patient): number[] | null {
  const rates = history.steps.flatMap(({ lr }) => (lr === null ? [] : [lr]))
  return rates.length < 10 ? null : rates
}
