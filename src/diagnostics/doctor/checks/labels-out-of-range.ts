import { isFloating } from "../../../base/index.ts"
import type { Check } from "../check.ts"
import { POOR_SIGNALS, POOR_TRAINING } from "../consequences.ts"

/** Targets with this label are left out of the loss, as in PyTorch. */
const IGNORED = -100

export const labelsOutOfRange: Check = {
  name: "labels-out-of-range",
  title: "Labels are out of range",
  causes: ["wrong-loss", "shuffled-labels", "unbalanced-labels", ...POOR_SIGNALS, ...POOR_TRAINING],
  async examine(patient) {
    const [, y] = patient.sample
    const { shape } = await patient.output()
    const values = Array.from(await y.data())
    const kind = await patient.lossKind()
    const classes = shape[1] ?? 1
    const labels = !isFloating(y.dtype)
    if (!labels && values.every(Number.isFinite) && !kind.startsWith("binary"))
      return { fine: [told(values, values, "finite numbers", "a loss of targets that are none is none")] }
    if (
      labels &&
      !(shape.length >= 2 && classes >= 2 && ["crossEntropy", "nll", "normalising"].includes(kind))
    )
      return { skipped: "the loss takes no class indices" }
    const range = labels ? `0 … ${classes - 1}` : kind.startsWith("binary") ? "0 … 1" : "finite numbers"
    const top = labels ? classes - 1 : kind.startsWith("binary") ? 1 : Number.MAX_VALUE
    const bottom = labels || kind.startsWith("binary") ? 0 : -Number.MAX_VALUE
    const outside = values.filter((v) => !(v >= bottom && v <= top) && !(labels && v === IGNORED))
    const why = labels
      ? `the model has ${classes} outputs, one for each class from 0 on`
      : "targets of this loss are probabilities"
    const evidence = [told(values, outside, range, why)]
    if (outside.length === 0) return { fine: evidence }
    const fromOne = labels && Math.min(...values) === 1 && Math.max(...values) === classes
    return {
      finding: {
        severity: "error",
        layers: [],
        explanation: fromOne
          ? "The labels count from 1 instead of from 0."
          : "There are targets that the loss has no meaning for; the gradient of such an example is wrong.",
        evidence,
        remedies: fromOne
          ? [{ text: "Count the classes from 0.", code: "const labels = y.sub(1)" }]
          : labels
            ? [
                {
                  text: `Give the model ${Math.max(...values) + 1} outputs, or number the classes 0 … ${classes - 1}.`,
                },
              ]
            : [{ text: "Bring the targets to 0 … 1, or use a loss for real numbers such as nn.mse." }],
        references: [],
      },
    }
  },
}

function told(values: readonly number[], outside: readonly number[], range: string, why: string) {
  const finite = values.filter(Number.isFinite)
  const least = finite.reduce((a, b) => Math.min(a, b), Infinity)
  const most = finite.reduce((a, b) => Math.max(a, b), -Infinity)
  return {
    what: "targets, from the least to the largest",
    measured: `${least} … ${most}${finite.length < values.length ? ", and some that are no numbers" : ""}`,
    threshold: range,
    why,
    excess: outside.length === 0 ? 0 : 1000,
  }
}
