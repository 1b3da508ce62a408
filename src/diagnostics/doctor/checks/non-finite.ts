import type { Tensor } from "../../../tensor/index.ts"
import { gradientsOf, noGrad } from "../../../tensor/index.ts"
import type { OpNonFinite } from "../../forward/find-non-finite.ts"
import { findNonFinite } from "../../forward/find-non-finite.ts"
import type { Check, Verdict } from "../check.ts"
import type { Evidence } from "../finding.ts"
import type { Patient } from "../patient.ts"

/** Where a number that is none comes from first. */
interface Origin {
  readonly layer: string
  readonly what: string
  readonly count: number
  readonly explanation: string
  readonly remedy: string
  readonly explains: readonly string[]
}

/** What cannot be judged by passes that are not finite. */
const BY_PASSES = ["vanishing", "exploding", "saturated", "dead-relu", "no-gradient", "rate-too-high"]
/** What cannot be judged by outputs that are not finite. */
const BY_OUTPUTS = ["wrong-loss", "double-softmax"]
/** What cannot be judged by such data either. */
const BY_DATA = [
  ...[
    "inputs-not-centred",
    "inputs-not-scaled",
    "ill-conditioned-features",
    "shuffled-labels",
    "unbalanced-labels",
  ],
  ...[
    "train-test-leak",
    "weights-too-small",
    "weights-too-large",
    "mismatched-initialisation",
    "labels-out-of-range",
  ],
]

/** The first number that is not finite: in the data, the parameters, the pass forward, or the pass backward. */
export const nonFinite: Check = {
  name: "non-finite",
  title: "numbers are not finite",
  causes: ["rate-too-high", "gradient-noise", "stuck", "under-capacity", "rate-too-low"],
  async examine(patient: Patient): Promise<Verdict> {
    const origin =
      (await inData(patient)) ??
      (await inParameters(patient)) ??
      (await inPasses(patient)) ??
      (await inTraining(patient))
    if (origin === null) {
      const what = "numbers that are not finite, in data, parameters, outputs and gradients"
      return {
        fine: [{ what, measured: 0, threshold: "0", why: "one of them makes all that follows from it so" }],
      }
    }
    const evidence: Evidence = {
      what: `numbers that are not finite in ${origin.what}`,
      measured: origin.count,
      threshold: "0",
      why: "one of them makes all that follows from it so, and a step all parameters",
      excess: 1 + origin.count,
    }
    return {
      finding: {
        severity: "error",
        layers: [origin.layer],
        explanation: origin.explanation,
        evidence: [evidence],
        explains: origin.explains,
        remedies: [{ text: origin.remedy }],
        references: [],
      },
    }
  },
}

async function inData({ batches }: Patient): Promise<Origin | null> {
  for (const [b, batch] of batches.entries())
    for (const [i, name] of (["inputs", "targets"] as const).entries()) {
      const count = bad(await batch[i as 0 | 1].data())
      if (count === 0) continue
      return {
        ...{ layer: name, what: `the ${name} of batch ${b + 1}`, count },
        explanation: `The data themselves hold ${count} numbers that are not finite, first in the ${name} of batch ${b + 1}.`,
        explains: [...BY_PASSES, ...BY_OUTPUTS, ...BY_DATA],
        remedy: "find missing values when the data are read, and leave out or fill in their examples",
      }
    }
  return null
}

function inParameters(patient: Patient): Promise<Origin | null> {
  return patient.measure("finite parameters", async () => {
    for (const [path, param] of [...patient.model.namedParameters(), ...patient.model.namedBuffers()]) {
      const count = bad(await param.data())
      if (count === 0) continue
      return {
        ...{ layer: path, what: `the parameter ${path}`, count },
        explanation: `${path} already holds numbers that are not finite: the training diverged, or took a step by a gradient that was not finite, before it was brought here.`,
        explains: ["vanishing", "saturated", "dead-relu", "no-gradient"],
        remedy:
          "begin anew from a checkpoint before that, and have each step watched: instrument(model, { every: 1 })",
      }
    }
    return null
  })
}

function inPasses(patient: Patient): Promise<Origin | null> {
  return patient.measure("finite passes", async () => {
    const { model, loss } = patient
    for (const mode of [true, false])
      for (const [x, y] of patient.batches.slice(0, 8)) {
        model.train(mode)
        const value = Number(await noGrad(() => loss(model.forward(x), y)).item())
        if (!Number.isFinite(value))
          return told(patient, await findNonFinite(() => loss(model.forward(x), y)), "forward")
      }
    model.train()
    const params = model.parameters().filter(({ requiresGrad }) => requiresGrad)
    for (const [x, y] of patient.batches.slice(0, 8)) {
      const gradient = (): Tensor => {
        const sums = gradientsOf(loss(model.forward(x), y), params).map((g) => g.sum())
        return sums.reduce((a, b) => a.add(b.to(a.dtype)))
      }
      if (!Number.isFinite(Number(await gradient().item())))
        return told(patient, await findNonFinite(gradient), "backward")
    }
    return null
  })
}

/** A few steps that are not finite at any rate: their cause is not the rate. */
async function inTraining(patient: Patient): Promise<Origin | null> {
  const own = await patient.trial({ steps: 40 })
  if (own === null || own.finite) return null
  const slow = await patient.trial({ steps: 40, rate: 0.01 })
  if (slow === null || slow.finite) return null
  const step = own.losses.findIndex((value) => !Number.isFinite(value)) + 1
  return {
    ...{ layer: "", what: `the loss of step ${step}`, count: 1 },
    explanation: `The loss is not finite at step ${step}, and with a hundredth of the rate at step ${slow.losses.length}: it is not the rate.`,
    explains: [],
    remedy:
      "look for divisions, logarithms and roots of numbers that may come to 0: findNonFinite(() => loss) names the operation",
  }
}

async function told(
  patient: Patient,
  cause: OpNonFinite | null,
  direction: "forward" | "backward",
): Promise<Origin> {
  if (cause === null) {
    return {
      ...{ layer: "", what: `the ${direction} pass`, count: 1 },
      explanation: `The ${direction} pass gives a number that is not finite, which a second pass does not show.`,
      remedy: "have each step watched: instrument(model, { every: 1 })",
      explains: [],
    }
  }
  // Of outputs that are finite a loss may be the wrong one, and that be the cause.
  const finite = bad((await patient.output()).values) === 0
  const took = cause.inputs.map(({ op, min, max }) => `${op} from ${short(min)} to ${short(max)}`).join("; ")
  return {
    ...{
      layer: cause.module,
      what: `${cause.op}${cause.module === "" ? "" : ` of ${cause.module}`}`,
      count: cause.count,
    },
    explanation: `In the ${direction} pass ${cause.op} is the first operation to give numbers that are not finite: ${cause.count} of shape [${cause.shape.join(", ")}], from ${took}.`,
    explains: [...BY_PASSES, ...(finite ? [] : BY_OUTPUTS), ...BY_DATA],
    remedy: REMEDIES[cause.op] ?? "keep its arguments away from where it has no finite value",
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  log: "take the logarithm of a sum with 1e-8, or a loss that works with logits (crossEntropy, bceWithLogits)",
  div: "add a small number to the denominator",
  sqrt: "add a small number under the root: its derivative at 0 is infinite",
  exp: "subtract the largest exponent first (softmax, logSumExp do)",
}

function bad(values: ArrayLike<number>): number {
  let count = 0
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) count++
  return count
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}
