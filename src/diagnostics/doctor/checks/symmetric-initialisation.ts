import type { Tensor } from "../../../tensor/index.ts"
import type { Check } from "../check.ts"
import { POOR_SIGNALS, POOR_TRAINING } from "../consequences.ts"
import type { Patient } from "../patient.ts"
import { glorot } from "../references.ts"

/** Relative difference of two gradients that is rounding. */
const ROUNDING = 1e-4

interface Symmetric {
  readonly path: string
  readonly units: number
  readonly distinct: number
}

export const symmetricInitialisation: Check = {
  name: "symmetric-initialisation",
  title: "Units begin equal and stay equal",
  causes: [
    "weights-too-small",
    "weights-too-large",
    "mismatched-initialisation",
    ...POOR_SIGNALS,
    ...POOR_TRAINING,
  ],
  async examine(patient) {
    const layers = await patient.measure("symmetric units", () => symmetricUnits(patient))
    if (layers.length === 0)
      return { skipped: "no layer has several units whose gradients could be compared" }
    const worst = layers.reduce((a, b) => (b.distinct / b.units < a.distinct / a.units ? b : a))
    const evidence = [
      {
        what: `units of ${worst.path} with weights or gradients of their own, of ${worst.units}`,
        measured: worst.distinct,
        threshold: `more than ${worst.units / 2}`,
        why: "units with equal weights that get equal gradients stay equal for good: the layer is as wide as its distinct units",
        excess: worst.units / worst.distinct,
      },
    ]
    const bad = layers.filter(({ units, distinct }) => distinct <= units / 2)
    if (bad.length === 0) return { fine: evidence }
    return {
      finding: {
        severity: "error",
        layers: bad.map(({ path }) => path),
        explanation:
          "Units of a layer have the same weights and get the same gradients, as after an initialisation with a constant.",
        evidence,
        remedies: [
          {
            text: "Draw the weights at random; biases may be 0.",
            code: 'nn.init.initialize(model, "heNormal") // with ReLU; "xavierNormal" with tanh',
          },
        ],
        references: [glorot],
      },
    }
  },
}

/** Layers with the number of their units that differ in weights, bias or gradient. A layer of the output has targets. */
async function symmetricUnits({ model, batch: [x, y], loss }: Patient): Promise<Symmetric[]> {
  for (const parameter of model.parameters()) parameter.grad = null
  // Without dropout, whose masks would hide it.
  model.eval()
  loss(model.forward(x), y).backward()
  const parameters = new Map(model.namedParameters())
  const weights = [...parameters].filter(([, weight]) => weight.ndim >= 2 && weight.shape[0]! > 1)
  return Promise.all(
    weights
      .filter(([, { grad }]) => grad !== null)
      .map(async ([path, weight]) => {
        const bias = parameters.get(path.replace(/weight([^.]*)$/, "bias$1"))
        const own = bias !== weight && bias?.numel() === weight.shape[0] ? [bias] : []
        const parts = [
          weight,
          weight.grad!,
          ...own,
          ...own.flatMap(({ grad }) => (grad === null ? [] : [grad])),
        ]
        return { path, units: weight.shape[0]!, distinct: await distinctRows(parts, weight.shape[0]!) }
      }),
  )
}

async function distinctRows(parts: readonly Tensor[], rows: number): Promise<number> {
  const columns = await Promise.all(
    parts.map(async (part) => {
      const values = Array.from(await part.data())
      const largest = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
      const grain = ROUNDING * largest || 1
      return values.map((v) => Math.round(v / grain))
    }),
  )
  const keys = Array.from({ length: rows }, (_, row) =>
    columns
      .map((values) => values.slice((row * values.length) / rows, ((row + 1) * values.length) / rows).join())
      .join(),
  )
  return new Set(keys).size
}
