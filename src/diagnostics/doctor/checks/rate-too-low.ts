import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import type { Trial } from "../measurements/trial.ts"
import type { Patient } from "../patient.ts"

const STEPS = 40
/** Rates that are tried, as multiples of the configured one. */
const FASTER = [100, 1e4, 1e6]
/** Share of the loss that must be gained for a rate to count as one that gets on. */
const GETS_ON = 0.01

/** A rate that stays stable and gains ten times as much when it is a hundred times as high. */
export const rateTooLow: Check = {
  name: "rate-too-low",
  title: "the learning rate is too low",
  causes: [],
  async examine(patient: Patient): Promise<Verdict> {
    const { optimizer } = patient
    if (optimizer === null) return { skipped: "no optimizer was given" }
    const own = await patient.trial({ steps: STEPS })
    if (own === null || !own.finite) return { skipped: "the training does not stay finite" }
    const gained = gain(own)
    const evidence: Evidence = {
      what: `share of the loss that ${STEPS} steps take away`,
      measured: gained,
      threshold: "at least 0.05, unless a hundredfold rate does no better",
      why: "below the stable rate progress is proportional to the rate: where a hundredfold one is stable and gains more than ten times as much, the configured one wastes the steps",
      excess: 0.05 / Math.max(gained, 1e-6),
    }
    if (gained >= 0.05) return { fine: [evidence] }
    for (const rate of FASTER) {
      const fast = await patient.trial({ steps: STEPS, rate })
      if (fast === null || !fast.finite) break
      const better = gain(fast)
      const significant = fast.before - fast.after > 3 * fast.error
      if (!(significant && better >= GETS_ON && better > 10 * Math.max(gained, 0))) continue
      return found(patient, evidence, { rate, better, gained })
    }
    return { fine: [evidence] }
  },
}

function gain({ before, after }: Trial): number {
  return (before - after) / Math.abs(before)
}

function found(
  { optimizer }: Patient,
  evidence: Evidence,
  { rate, better, gained }: { readonly rate: number; readonly better: number; readonly gained: number },
): Verdict {
  const lr = optimizer?.lr ?? 0
  const proposed = Number((lr * rate).toPrecision(2))
  return {
    finding: {
      severity: "warning",
      layers: [],
      explanation: `With lr = ${lr} ${STEPS} steps take away ${percent(gained)} of the loss; with ${proposed} they take away ${percent(better)}, and stay stable.`,
      evidence: [
        evidence,
        {
          what: `the same with ${rate} times the rate`,
          measured: better,
          threshold: `below ${percent(GETS_ON)}, or below 10 times that of the configured rate`,
          why: "a good rate is within a factor of ten of the largest stable one (Bengio 2012)",
        },
      ],
      remedies: [
        { text: `raise it`, code: `optimizer.lr = ${proposed}` },
        { text: "find it by a range test", code: "nabla find-lr CONFIG" },
      ],
      references: [
        {
          title: "Bengio 2012, Practical recommendations for gradient-based training",
          url: "https://arxiv.org/abs/1206.5533",
        },
        { title: "Smith 2017, Cyclical learning rates", url: "https://arxiv.org/abs/1506.01186" },
      ],
    },
  }
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`
}
