import type { Check } from "../check.ts"
import { POOR_SIGNALS, POOR_TRAINING } from "../consequences.ts"
import type { Evidence, Remedy, Severity } from "../finding.ts"
import { areLogProbabilities, rangeOf } from "../output-range.ts"
import type { Patient } from "../patient.ts"

/** Share of targets beyond the output's range that is more than stray values. */
const BEYOND = 0.05

interface Mismatch {
  readonly severity: Severity
  readonly explanation: string
  readonly evidence: Evidence
  readonly remedy: Remedy
}

export const wrongLoss: Check = {
  name: "wrong-loss",
  title: "The loss does not fit the model's output",
  causes: [...POOR_SIGNALS, ...POOR_TRAINING],
  async examine(patient) {
    const kind = await patient.lossKind()
    const mismatch = (await ofKind(patient, kind)) ?? (await ofRange(patient, kind))
    if (mismatch === null) {
      const { outputActivation } = await patient.anatomy()
      return {
        fine: [
          {
            what: "the loss, by its answers, and what the output is made by",
            measured: `${kind} of ${outputActivation ?? "a layer's output"}`,
            threshold: "that the output can take the values that the loss asks for",
            why: "what the output cannot reach leaves a loss that no training removes",
          },
        ],
      }
    }
    const { severity, explanation, evidence, remedy } = mismatch
    return {
      finding: {
        severity,
        layers: [],
        explanation,
        evidence: [evidence],
        remedies: [remedy],
        references: [],
      },
    }
  },
}

/** Losses that want a certain kind of numbers. */
async function ofKind(patient: Patient, kind: string): Promise<Mismatch | null> {
  const { shape, values } = await patient.output()
  if (kind === "nllOfProbabilities" || (kind === "nll" && !areLogProbabilities(shape, values)))
    return {
      severity: "error",
      explanation:
        "The negative log-likelihood takes logarithms of probabilities. Of other numbers it has no lower bound, or none " +
        "of the curvature that makes sure mistakes expensive.",
      evidence: told("Σ exp(output) of each example", kind, "1", "nll takes log-probabilities"),
      remedy: { text: "Use cross-entropy of logits.", code: "const loss = nn.crossEntropy(logits, labels)" },
    }
  if (kind === "binaryCrossEntropy" && Array.from(values).some((v) => v < 0 || v > 1))
    return {
      severity: "error",
      explanation:
        "nn.bce takes the logarithm of the outputs and of 1 minus them: they must be probabilities.",
      evidence: told("outputs", extent(values), "0 … 1", "nn.bce takes probabilities"),
      remedy: { text: "Use the loss for logits.", code: "const loss = nn.bceWithLogits(logits, y)" },
    }
  if (["crossEntropy", "normalising"].includes(kind) && shape.length >= 2 && shape[1] === 1)
    return {
      severity: "error",
      explanation: "Softmax over a single output is always 1: the loss is 0 and has no gradient.",
      evidence: told("outputs for each example", "1", "one for each class", "softmax compares classes"),
      remedy: {
        text: "Give the model one output for each class, or use the loss for two classes and one logit.",
        code: "const loss = nn.bceWithLogits(logit, y)",
      },
    }
  return null
}

/** Outputs that cannot reach what is asked of them. */
async function ofRange(patient: Patient, kind: string): Promise<Mismatch | null> {
  const { outputActivation } = await patient.anatomy()
  const range = rangeOf(outputActivation)
  if (range === null) return null
  const logits = ["crossEntropy", "normalising", "binaryCrossEntropyWithLogits"].includes(kind)
  // Softmax and a sigmoid for two classes are the fault of double-softmax.
  if (/softmax/i.test(outputActivation!)) return null
  if (logits)
    return kind.startsWith("binary") && /^sigmoid$/i.test(outputActivation!) ? null : bounded(patient, range)
  if (kind.startsWith("binary") || kind === "nll") return null
  return beyond(patient, range, outputActivation!)
}

async function bounded(patient: Patient, [low, high]: readonly [number, number]): Promise<Mismatch> {
  const { shape } = await patient.output()
  const { outputActivation } = await patient.anatomy()
  const others = Math.max(1, (shape[1] ?? 2) - 1)
  const least = high === Infinity ? 0 : Math.log(1 + others * Math.exp(low - high))
  return {
    severity: high === Infinity ? "warning" : "error",
    explanation: `The loss takes logits of any size and sign, and the model ends with ${outputActivation}.`,
    evidence: {
      ...told(
        "range of the outputs",
        `${low} … ${high}`,
        "all numbers",
        `the loss cannot fall below ${least.toPrecision(3)}`,
      ),
    },
    remedy: { text: `Leave ${outputActivation} at the end of the model away.` },
  }
}

async function beyond(
  patient: Patient,
  [low, high]: readonly [number, number],
  activation: string,
): Promise<Mismatch | null> {
  const targets = Array.from(await patient.sample[1].data())
  const slack = 0.01 * (Number.isFinite(high) ? high - low : 1)
  const share = targets.filter((v) => v < low - slack || v > high + slack).length / targets.length
  if (share === 0) return null
  return {
    severity: share > BEYOND ? "error" : "warning",
    explanation: `The model ends with ${activation}, whose values lie in ${low} … ${high}: other targets are out of reach.`,
    evidence: {
      ...told("targets", extent(targets), `${low} … ${high}`, `${(100 * share).toFixed(1)} % lie outside`),
      excess: 1 + share / BEYOND,
    },
    remedy: {
      text: `Leave ${activation} at the end of the model away, or scale the targets to ${low} … ${high}.`,
    },
  }
}

function told(what: string, measured: string, threshold: string, why: string): Evidence {
  return { what, measured, threshold, why, excess: 1000 }
}

function extent(values: ArrayLike<number>): string {
  const list = Array.from(values)
  const least = list.reduce((a, b) => Math.min(a, b), Infinity)
  const most = list.reduce((a, b) => Math.max(a, b), -Infinity)
  return `${least.toPrecision(3)} … ${most.toPrecision(3)}`
}
