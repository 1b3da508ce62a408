import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import { gradientSizes } from "../measurements/gradients.ts"
import type { Patient } from "../patient.ts"

/** Optimizers that divide by √v + ε. */
const DIVIDES = /^(adam|adamw|nadam|radam|adamax|rmsprop|lamb|yogi)$/

/** ε is there to keep the division safe; when it is as large as √v it takes the place of what it should keep safe. */
export const adamEpsilon: Check = {
  name: "adam-epsilon",
  title: "ε of Adam is out of proportion to the gradients",
  causes: ["rate-too-low", "rate-too-high", "ill-conditioned-loss", "stuck", "non-finite"],
  async examine(patient: Patient): Promise<Verdict> {
    const { optimizer } = patient
    if (optimizer?.eps == null || !DIVIDES.test(optimizer.kind))
      return { skipped: "the optimizer does not divide by √v + ε" }
    const { eps } = optimizer
    const { parameters } = await gradientSizes(patient)
    const sizes = parameters.flatMap(({ rms, elements }) => (rms > 0 ? [{ rms, elements }] : []))
    const zeros = parameters.reduce((sum, { zeros: none }) => sum + none, 0)
    if (eps === 0 && zeros > 0) return divisionByZero(zeros)
    const swamped = share(sizes, eps)
    const evidence: Evidence = {
      what: "share of the parameters whose gradient has a root mean square below ε",
      measured: swamped,
      threshold: "at most 0.5",
      why: "u = m/(√v + ε): where √v < ε a step is less than half of what Adam would take, and proportional to the gradient as in SGD (Kingma & Ba 2015, section 2)",
    }
    // With an ε as small as the default one, gradients that small are the trouble and not ε.
    if (swamped <= 0.5 || eps <= 1e-7) return { fine: [evidence] }
    return {
      finding: {
        severity: "warning",
        layers: [],
        explanation: `ε = ${eps} is larger than the typical gradient of ${Math.round(100 * swamped)} % of the parameters, so that Adam works as SGD with a rate of lr/ε and loses its adaptation to each parameter's scale.`,
        evidence: [evidence],
        remedies: [
          { text: "leave ε at its default", code: "optim.adam(model.parameters(), { lr, eps: 1e-8 })" },
        ],
        references: [
          {
            title: "Kingma & Ba 2015, Adam: a method for stochastic optimization",
            url: "https://arxiv.org/abs/1412.6980v9",
          },
        ],
      },
    }
  },
}

function share(sizes: readonly { readonly rms: number; readonly elements: number }[], eps: number): number {
  const all = sizes.reduce((sum, { elements }) => sum + elements, 0)
  const below = sizes.reduce((sum, { rms, elements }) => sum + (rms < eps ? elements : 0), 0)
  return all === 0 ? 0 : below / all
}

function divisionByZero(zeros: number): Verdict {
  return {
    finding: {
      severity: "error",
      layers: [],
      explanation:
        "Entries of the gradient that are exactly 0 give m/√v = 0/0 with ε = 0, and parameters that are not numbers.",
      evidence: [
        {
          what: "entries of the gradient that are exactly 0, with ε = 0",
          measured: zeros,
          threshold: "none",
          why: "0/(√0 + 0) is no number",
        },
      ],
      remedies: [
        { text: "leave ε at its default", code: "optim.adam(model.parameters(), { lr, eps: 1e-8 })" },
      ],
      references: [],
    },
  }
}
