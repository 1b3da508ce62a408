import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import type { SlopeSpectrum } from "../measurements/slope-spectrum.ts"
import { slopeSpectrum } from "../measurements/slope-spectrum.ts"
import type { Patient } from "../patient.ts"

/** A gradient that points along directions of very different curvature: one rate cannot serve them all. */
export const illConditionedLoss: Check = {
  name: "ill-conditioned-loss",
  title: "the loss is ill-conditioned",
  causes: ["rate-too-low"],
  async examine(patient: Patient): Promise<Verdict> {
    const { optimizer } = patient
    if (optimizer === null) return { skipped: "no optimizer was given" }
    if (optimizer.adaptive) return { skipped: "the optimizer scales each parameter's step by its gradients" }
    const spectrum = await slopeSpectrum(patient)
    const most = Math.min(reached(spectrum, Infinity), spectrum.loss)
    if (!(most > 0)) return { skipped: "the gradient points along no positive curvature" }
    // Momentum β makes up for a step of 1/(1 − β) times the rate.
    const gain = 1 / (1 - Math.min(0.99, optimizer.momentum))
    const [soon, late] = [100, 1000].map((steps) => reached(spectrum, steps * gain) / most)
    const evidence: Evidence[] = [
      {
        what: "share of what the quadratic model could take off the loss that 1000 steps at the stable rate reach",
        measured: Math.min(1, late!),
        threshold: "at least 0.85, and 0.5 after 100 steps",
        why: "gradient descent reduces the part along curvature λ by (1 − λ/λmax)^2T in T steps (Goh 2017): what lies below λmax/T is out of reach",
        excess: Math.max(0.85 / late!, 0.5 / soon!),
      },
      {
        what: "largest curvature over that along the rest of the gradient",
        measured: conditionOf(spectrum),
        threshold: "some hundreds",
        why: "steps grow with this number, with momentum with its root (Polyak 1964)",
      },
    ]
    if (late! >= 0.85 && soon! >= 0.5) return { fine: evidence }
    // Where most of the loss is already gone, what is left is always flat.
    if (most < 0.05 * Math.abs(spectrum.loss)) return { fine: evidence }
    return {
      finding: {
        severity: "warning",
        layers: [],
        explanation:
          "The gradient has much to gain along directions that are far flatter than the steepest one. The steepest one bounds the rate, and along the others nothing moves.",
        evidence,
        remedies: [
          {
            text: "add momentum",
            code: "optim.sgd(model.parameters(), { lr, momentum: 0.9, nesterov: true })",
          },
          { text: "or scale each parameter's step", code: "optim.adam(model.parameters(), { lr: 1e-3 })" },
          { text: "or bring features, targets and layers to one scale: standardise, normalise" },
        ],
        references: [
          { title: "Goh 2017, Why momentum really works", url: "https://distill.pub/2017/momentum" },
          {
            title: "Bottou, Curtis & Nocedal 2018, Optimization methods for large-scale machine learning",
            url: "https://arxiv.org/abs/1606.04838",
          },
        ],
      },
    }
  },
}

/** Σ ω_j·|g|²·(1 − (1 − θ_j/λmax)^2T)/(2θ_j) over positive curvatures: what T steps of rate 1/λmax take off the loss. */
export function reached({ curvatures, shares, slope, largest }: SlopeSpectrum, steps: number): number {
  return curvatures.reduce((sum, θ, j) => {
    if (!(θ > 0)) return sum
    const left = steps === Infinity ? 0 : (1 - Math.min(1, θ / largest)) ** (2 * steps)
    return sum + (shares[j]! * slope * slope * (1 - left)) / (2 * θ)
  }, 0)
}

/** λmax over the mean curvature of what 100 steps leave, weighted by what it could gain. */
function conditionOf({ curvatures, shares, largest }: SlopeSpectrum): number {
  let [weights, sum] = [0, 0]
  for (const [j, θ] of curvatures.entries()) {
    if (!(θ > 0)) continue
    const left = (shares[j]! * (1 - Math.min(1, θ / largest)) ** 200) / θ
    weights += left
    sum += left * θ
  }
  return weights === 0 ? 1 : (largest * weights) / sum
}
