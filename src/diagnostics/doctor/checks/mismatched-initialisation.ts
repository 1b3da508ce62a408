import type { SchemeName } from "../../initialisation/analyze-init.ts"
import type { Check } from "../check.ts"
import { POOR_SIGNALS, POOR_TRAINING } from "../consequences.ts"
import { gradientFlow } from "../gradient-flow.ts"
import { initialSignals } from "../initial-signals.ts"
import { glorot, heInit } from "../references.ts"

const LAYERS = 3
const NOTICEABLE = 10
const SERIOUS = 1000

const RECTIFIER = /^(relu|relu6|leakyRelu|prelu|rrelu|gelu|silu|swish|mish|hardswish)$/i
const LINEAR_AT_ZERO = /^(tanh|hardtanh|softsign|sigmoid|hardsigmoid|identity|selu)$/i

const NAMES: Record<SchemeName, string> = { he: "He's", xavier: "Glorot's", xavierSimplified: "LeCun's" }

export const mismatchedInitialisation: Check = {
  name: "mismatched-initialisation",
  title: "The initialisation scheme does not fit the activation",
  causes: ["weights-too-small", "weights-too-large", ...POOR_SIGNALS, ...POOR_TRAINING],
  async examine(patient) {
    const [signals, init] = [await initialSignals(patient), await patient.init()]
    if (signals === null || init === null)
      return { skipped: "needs the initial weights of a model with hidden layers that are not normalised" }
    const { hidden, kept } = signals
    const schemes = new Map(init.weights.map(({ path, scheme }) => [path.replace(/\.?weight$/, ""), scheme]))
    const pairs = hidden.flatMap(({ path, activation }) => {
      const scheme = schemes.get(path) ?? null
      return scheme === null || activation === null ? [] : [{ path, activation, scheme }]
    })
    if (pairs.length <= hidden.length / 2)
      return { skipped: "the hidden weights follow none of the known laws" }
    const bad = pairs.filter(({ scheme, activation }) => !fits(scheme, activation))
    const flow = patient.trained ? null : await gradientFlow(patient)
    const drift = Math.max(kept, 1 / kept, flow?.lastToFirst ?? 1, 1 / (flow?.lastToFirst ?? 1))
    const [{ scheme, activation } = pairs[0]!] = bad
    const evidence = [
      {
        what: `hidden layers with a law that is not made for their activation, of ${hidden.length}`,
        measured: bad.length,
        threshold: `fewer than ${LAYERS}`,
        why: `${NAMES[scheme]} law with ${activation}: each layer changes the size of signals, and the factors multiply`,
        excess: bad.length / LAYERS,
      },
      {
        what: "change of signals or gradients over all layers, as a factor",
        measured: drift,
        threshold: `below ${NOTICEABLE}`,
        why: "layers learn at rates that are as far apart",
        excess: drift / NOTICEABLE,
      },
    ]
    if (bad.length < LAYERS || bad.length <= hidden.length / 2) return { fine: evidence }
    const law = RECTIFIER.test(activation)
      ? "heNormal"
      : /selu/i.test(activation)
        ? "lecunNormal"
        : "xavierNormal"
    return {
      finding: {
        severity: drift >= SERIOUS ? "error" : drift >= NOTICEABLE ? "warning" : "hint",
        layers: bad.map(({ path }) => path),
        explanation:
          `The weights follow ${NAMES[scheme]} law, the activation is ${activation}. Rectifiers lose half of the signal ` +
          "and need twice the variance (He); functions with slope 1 at 0 keep it and need none of that (Glorot, LeCun).",
        evidence,
        remedies: [
          { text: "Initialise with the law that fits.", code: `nn.init.initialize(model, "${law}")` },
        ],
        references: [heInit, glorot],
      },
    }
  },
}

/** Whether a law was made for such a function; what is not known fits. */
function fits(scheme: SchemeName, activation: string): boolean {
  if (RECTIFIER.test(activation)) return scheme === "he"
  if (LINEAR_AT_ZERO.test(activation)) return scheme !== "he"
  return true
}
