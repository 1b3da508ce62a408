import type { LayerObservation } from "../../instrument/observation.ts"
import type { Check } from "../check.ts"
import { POOR_TRAINING } from "../consequences.ts"

const MANY = 0.4
const MOST = 0.6
/** Of fewer units a share says little. */
const UNITS = 8

/** Functions whose units can die: flat on one side. */
const RECTIFIER = /^(relu|relu6|threshold|hardshrink)$/i

export const deadRelu: Check = {
  name: "dead-relu",
  title: "Rectifier units are dead",
  causes: ["vanishing", ...POOR_TRAINING],
  async examine(patient) {
    const now = dead((await patient.pass()).layers)
    if (now.length === 0) return { skipped: "the model has no rectifiers" }
    const later = dead((await patient.shortTraining())?.end?.layers ?? [])
    const when = (list: readonly DeadLayer[]): DeadLayer => list.reduce((a, b) => (b.share > a.share ? b : a))
    const worst = when(now)
    const after = later.length === 0 ? null : when(later)
    const evidence = [
      {
        what: `share of units of ${worst.path || "the model"} (${worst.type}) that are 0 for all of ${patient.batch[0].shape[0]} examples`,
        measured: worst.share,
        threshold: `below ${MANY}`,
        why: "a unit that is never active gets no gradient and cannot come back; initial weights of the right size leave hardly any dead",
        excess: worst.share / MANY,
      },
      ...(after === null
        ? []
        : [
            {
              what: `the same after ${patient.options.trialSteps ?? 60} steps, ${after.path || "the model"}`,
              measured: after.share,
              threshold: `below ${MOST}`,
              why: "steps that are too large push units beyond all examples",
              excess: after.share / MOST,
            },
          ]),
    ]
    const share = Math.max(worst.share, after !== null && after.share > MOST ? after.share : 0)
    if (share < MANY) return { fine: evidence }
    return {
      finding: {
        severity: share >= MOST ? "error" : "warning",
        layers: (worst.share >= MANY ? now : later)
          .filter((layer) => layer.share >= MANY)
          .map(({ path }) => path),
        explanation: "Units whose argument is negative for every example output 0 and get no gradient.",
        evidence,
        remedies: [
          {
            text: "Set biases to 0, initialise by He's law, and lower the rate if units die during the training.",
          },
          {
            text: "Use a function with a slope on both sides.",
            code: "nn.mlp(widths, { activation: nn.leakyRelu })",
          },
        ],
        references: [
          {
            title: "Lu, Shin, Su & Karniadakis, Dying ReLU and Initialization (2019)",
            url: "https://arxiv.org/abs/1903.06733",
          },
        ],
      },
    }
  },
}

interface DeadLayer {
  readonly path: string
  readonly type: string
  readonly share: number
}

function dead(layers: readonly LayerObservation[]): DeadLayer[] {
  return layers.flatMap(({ kind, path, type, deadUnits, units = 0 }) =>
    kind === "activation" && RECTIFIER.test(type) && deadUnits !== undefined && units > 0
      ? [{ path, type, share: units >= UNITS || deadUnits === units ? deadUnits / units : 0 }]
      : [],
  )
}
