import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import { batchesTracked } from "../measurements/modes.ts"
import type { Patient } from "../patient.ts"

/** Shift of a mean in standard deviations, and logarithm of a ratio of variances. */
const MOST_SHIFT = 0.5
const MOST_RATIO = Math.log(2)
const MOST_GAP = 0.25

/** Evaluation goes by statistics that are not those of the data. */
export const batchNormStale: Check = {
  name: "batch-norm-stale",
  title: "the running statistics of batch norm are stale",
  causes: ["overfitting"],
  async examine(patient: Patient): Promise<Verdict> {
    const report = await patient.batchNorm()
    const layers = report?.layers.filter(({ meanDrift }) => meanDrift !== null) ?? []
    if (report === null || layers.length === 0) return { skipped: "the model has no running statistics" }
    const tracked = (await batchesTracked(patient)) ?? 0
    if (tracked === 0 && !patient.trained) return { skipped: "the model has not been trained yet" }
    const shift = Math.max(...layers.map(({ meanDrift }) => meanDrift ?? 0))
    const ratio = Math.max(...layers.map(({ varianceDrift }) => Math.abs(varianceDrift ?? 0)))
    const evidence: Evidence[] = [
      {
        what: "relative change of the output from training to evaluation mode",
        measured: report.trainEvalGap,
        threshold: `at most ${MOST_GAP}, where statistics differ too`,
        why: "running statistics that follow the training make both modes nearly the same",
        excess: report.trainEvalGap / MOST_GAP,
      },
      {
        what: "largest distance of running means from those of the data, in standard deviations",
        measured: shift,
        threshold: `at most ${MOST_SHIFT}`,
        why: "an average with momentum m scatters by √(m/(2 − m)/B), 0.04 for m = 0.1 and B = 32",
        excess: shift / MOST_SHIFT,
      },
      {
        what: "largest logarithm of the ratio of running variances to those of the data",
        measured: ratio,
        threshold: `at most ln 2`,
        why: "beyond it activations are off by more than 40 % in evaluation",
        excess: ratio / MOST_RATIO,
      },
    ]
    if (!((shift > MOST_SHIFT || ratio > MOST_RATIO) && report.trainEvalGap > MOST_GAP))
      return { fine: evidence }
    return {
      finding: {
        severity: "error",
        layers: layers
          .filter((one) => (one.meanDrift ?? 0) > MOST_SHIFT || Math.abs(one.varianceDrift ?? 0) > MOST_RATIO)
          .map(({ path }) => path),
        explanation:
          "In evaluation batch norm works with means and variances that are not those of the data under the present weights: its momentum is too small for the steps made, or weights were changed without passes in training mode (averaged, loaded, trained in evaluation mode).",
        evidence,
        remedies: [
          { text: "compute them anew by passes over the training data", code: "nn.updateBn(loader, model)" },
          { text: "let them follow faster", code: "nn.batchNorm1d(features, { momentum: 0.1 })" },
        ],
        references: [
          { title: "Ioffe & Szegedy 2015, Batch normalization", url: "https://arxiv.org/abs/1502.03167" },
          {
            title: "Izmailov et al. 2018, Averaging weights leads to wider optima, section 3.2",
            url: "https://arxiv.org/abs/1803.05407",
          },
        ],
      },
    }
  },
}
