import type { Check } from "../check.ts"
import { POOR_TRAINING } from "../consequences.ts"
import type { WeightLayer } from "../measurements/anatomy.ts"

export const linearStack: Check = {
  name: "linear-stack",
  title: "Layers follow each other without a non-linearity",
  causes: ["mismatched-initialisation", ...POOR_TRAINING],
  async examine(patient) {
    const { layers } = await patient.anatomy()
    if (layers.length < 2) return { skipped: "the model has a single layer" }
    const byPath = new Map(layers.map((layer) => [layer.path, layer]))
    const idle = layers.filter(
      (layer) => layer.chained !== null && !bottleneck(byPath.get(layer.chained)!, layer),
    )
    const evidence = [
      {
        what: `layers whose input is another layer's output with nothing but affine functions between, of ${layers.length}`,
        measured: idle.length,
        threshold: "none, but behind a layer that is narrower than both sides",
        why: "W₂·(W₁·x + b₁) + b₂ is one affine function: the second layer adds nothing that one could not do",
        excess: 1 + idle.length,
      },
    ]
    if (idle.length === 0) return { fine: evidence }
    const whole = idle.length === layers.length - 1
    return {
      finding: {
        severity: whole ? "error" : "warning",
        layers: idle.map(({ path }) => path),
        explanation: whole
          ? "The whole model is one affine function of its input, however many layers it has."
          : `${idle[0]!.chained} and ${idle[0]!.path} together are one affine layer.`,
        evidence,
        remedies: [
          {
            text: "Put an activation function between them.",
            code: "nn.sequential(nn.linear(8, 32), nn.relu(), nn.linear(32, 1))",
          },
        ],
        references: [
          {
            title: "Goodfellow, Bengio & Courville, Deep Learning (2016), section 6.1",
            url: "https://www.deeplearningbook.org",
          },
        ],
      },
    }
  },
}

/** A narrow layer between two wide ones restricts the rank, which is what it is for. */
function bottleneck(from: WeightLayer, to: WeightLayer): boolean {
  return from.widths[1] < Math.min(from.widths[0], to.widths[1])
}
