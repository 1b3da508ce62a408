import type { Check } from "../check.ts"
import { POOR_TRAINING } from "../consequences.ts"
import { glorot } from "../references.ts"
import { twoSidedSaturation } from "../saturation.ts"

const MANY = 0.3
const MOST = 0.6

export const saturated: Check = {
  name: "saturated",
  title: "Units are saturated",
  causes: ["vanishing", ...POOR_TRAINING],
  async examine(patient) {
    const layers = twoSidedSaturation(await patient.pass())
    if (layers.length === 0) return { skipped: "no hidden layer has tanh, sigmoid or the like" }
    const worst = layers.reduce((a, b) => (b.share > a.share ? b : a))
    const evidence = [
      {
        what: `share of values of ${worst.path || "the model"} (${worst.type}) at which |f′| < 0.01`,
        measured: worst.share,
        threshold: `below ${MANY}`,
        why: "so much of the gradient is lost in this layer alone; arguments of deviation 1 saturate tanh in 0.3 % of cases",
        excess: worst.share / MANY,
      },
    ]
    if (worst.share < MANY) return { fine: evidence }
    return {
      finding: {
        severity: worst.share >= MOST ? "error" : "warning",
        layers: layers.filter(({ share }) => share >= MANY).map(({ path }) => path),
        explanation: "Arguments are so large that the function is flat there: hardly any gradient passes.",
        evidence,
        remedies: [
          {
            text: "Scale the inputs, initialise weights by Glorot's law and biases with 0.",
            code: 'nn.init.initialize(model, "xavierNormal")',
          },
          { text: "Put a batch norm before the function, or use ReLU." },
        ],
        references: [glorot],
      },
    }
  },
}
