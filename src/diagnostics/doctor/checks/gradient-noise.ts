import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import type { Patient } from "../patient.ts"

const STEPS = 40

/** Steps that go nowhere because each batch points somewhere else, where larger batches do get on at the same rate. */
export const gradientNoiseDominates: Check = {
  name: "gradient-noise",
  title: "noise dominates the gradient: the batch is too small",
  causes: ["rate-too-high", "rate-too-low", "stuck", "ill-conditioned-loss", "under-capacity"],
  async examine(patient: Patient): Promise<Verdict> {
    const { noiseScale } = await patient.gradientNoise()
    const batch = patient.batchSize
    const scale: Evidence = {
      what: `noise scale tr Σ/|∇L|² over the batch size, ${batch}`,
      measured: noiseScale / batch,
      threshold: "at most 10, or larger batches gain nothing",
      why: "a step gains 1/(1 + noise scale/batch) of what the full gradient would: above 10 nine tenths of it are noise (McCandlish et al. 2018)",
      excess: noiseScale / batch / 10,
    }
    if (!(noiseScale / batch > 10)) return { fine: [scale] }
    const many = Math.min(32, Math.floor(patient.sample[0].shape[0]! / batch))
    if (many < 4) return { fine: [scale] }
    const own = await patient.trial({ steps: STEPS })
    const large = await patient.trial({ steps: STEPS, batches: many })
    if (own === null || large === null) return { fine: [scale] }
    const better = own.after - large.after > 2 * Math.hypot(own.error, large.error)
    const gained = (large.before - large.after) / large.before
    const lost = (large.before - own.after) / large.before
    const experiment: Evidence = {
      what: `share of the loss that ${STEPS} steps take away, with batches ${many} times as large less with those given`,
      measured: own.finite ? gained - lost : gained,
      threshold: "at most 0.1",
      why: "at the same rate only the noise differs",
      excess: (gained - lost) / 0.1,
    }
    const dominated =
      large.finite && gained > 0 && (better || !own.finite) && !(gained - lost <= 0.1) && !(lost > gained / 2)
    if (!dominated) return { fine: [scale, experiment] }
    const suggested = suggestion(noiseScale, batch * many)
    return {
      finding: {
        severity: own.finite && own.before - own.after > 2 * own.error ? "hint" : "warning",
        layers: [],
        explanation: `The gradients of single examples scatter so much that a batch of ${batch} mostly measures noise; batches of ${batch * many} get on at the same rate.`,
        evidence: [scale, experiment],
        remedies: [
          {
            text: "take larger batches",
            code: `new data.DataLoader(dataset, { batchSize: ${suggested}, shuffle: true })`,
          },
          {
            text: "or add up the gradients of several",
            code: `fit(model, loader, { optimizer, accumulate: ${Math.ceil(suggested / batch)} })`,
          },
          {
            text: "or lower the rate by about as much",
            code: `optimizer.lr = ${Number(((patient.optimizer?.lr ?? 0) / Math.sqrt(many)).toPrecision(2))}`,
          },
        ],
        references: [
          {
            title: "McCandlish et al. 2018, An empirical model of large-batch training",
            url: "https://arxiv.org/abs/1812.06162",
          },
        ],
      },
    }
  },
}

/** A power of two next to the noise scale, or what was tried where that is not known. */
function suggestion(noiseScale: number, tried: number): number {
  const wanted = Number.isFinite(noiseScale) ? Math.min(noiseScale, 8192) : tried
  return 2 ** Math.round(Math.log2(wanted))
}
