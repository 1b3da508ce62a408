import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import { slopeSpectrum } from "../measurements/slope-spectrum.ts"
import type { Patient } from "../patient.ts"

const STEPS = 40

/** A place where the gradient is next to nothing though the loss can still fall: a saddle, or a plateau. */
export const stuck: Check = {
  name: "stuck",
  title: "the training is stuck at a saddle or on a plateau",
  causes: ["rate-too-low", "ill-conditioned-loss"],
  async examine(patient: Patient): Promise<Verdict> {
    const { loss, slope, size, largest, smallest } = await slopeSpectrum(patient)
    if (!(loss > 0)) return { skipped: "the loss is not above 0" }
    const steepness = (slope * size) / loss
    const down = smallest < 0 ? (slope * slope) / (2 * -smallest * loss) : Infinity
    const bend = (Math.max(largest, -smallest) * size * size) / loss
    const trial = await patient.trial({ steps: STEPS })
    const gained = trial === null ? 0 : (trial.before - trial.after) / Math.abs(trial.before)
    const saddle = down < 0.005 && -smallest > 0.1 * largest
    const plateau = steepness < 1e-3 && bend < 0.05
    const evidence: Evidence[] = [
      {
        what: "most negative curvature, over the largest",
        measured: smallest / largest,
        threshold: "above −0.1 where the gradient vanishes",
        why: "where the gradient vanishes and a direction of negative curvature is left, the loss falls along it: a saddle and no minimum (Dauphin et al. 2014)",
        excess: saddle ? -smallest / (0.1 * largest) : 0,
      },
      {
        what: "|g|²/(2·|λmin|) over the loss",
        measured: down,
        threshold: "at least 0.005",
        why: "the scale on which the quadratic model's gradient counts beside its curvature",
        excess: saddle ? 0.005 / down : 0,
      },
      {
        what: "relative change of the loss when all weights change by one, |g|·|w|/L",
        measured: steepness,
        threshold: "at least 0.001, or a curvature that counts",
        why: "below it a change of all weights by themselves changes the loss by less than a thousandth: a plateau",
        excess: plateau ? 1e-3 / steepness : 0,
      },
    ]
    if (!(saddle || plateau) || gained > 0.01) return { fine: evidence }
    return {
      finding: {
        severity: "warning",
        layers: [],
        explanation: saddle
          ? `The gradient is next to nothing, but the loss bends downwards (λmin = ${short(smallest)}): a saddle. ${STEPS} steps take away ${short(100 * gained)} % of the loss.`
          : `The gradient and all curvatures are next to nothing: a plateau. ${STEPS} steps take away ${short(100 * gained)} % of the loss.`,
        evidence: saddle ? evidence.slice(0, 2) : evidence.slice(2),
        // Gradients that vanish at a place that was come to are a property of the place.
        explains: patient.trained && saddle ? ["vanishing"] : [],
        remedies: [
          {
            text: "leave it with momentum, or steps scaled by the gradient's size",
            code: "optim.adam(model.parameters(), { lr: 1e-3 })",
          },
          {
            text: "or begin elsewhere: other initial weights, or some noise on these",
            code: 'nn.init.initialize(model, "heNormal")',
          },
        ],
        references: [
          {
            title: "Dauphin et al. 2014, Identifying and attacking the saddle point problem",
            url: "https://arxiv.org/abs/1406.2572",
          },
          {
            title: "Jin et al. 2017, How to escape saddle points efficiently",
            url: "https://arxiv.org/abs/1703.00887",
          },
        ],
      },
    }
  },
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}
