import type { Check } from "../check.ts"
import { POOR_SIGNALS, POOR_TRAINING } from "../consequences.ts"
import { areProbabilities } from "../output-range.ts"

export const doubleSoftmax: Check = {
  name: "double-softmax",
  title: "Softmax (or sigmoid) is applied twice",
  causes: ["wrong-loss", ...POOR_SIGNALS, ...POOR_TRAINING],
  async examine(patient) {
    const kind = await patient.lossKind()
    const { shape, values } = await patient.output()
    const { outputActivation } = await patient.anatomy()
    const classes = shape[1] ?? 1
    const softmax =
      kind === "doubleSoftmax" ||
      (["crossEntropy", "normalising"].includes(kind) && areProbabilities(shape, values))
    const sigmoid =
      kind === "doubleSigmoid" ||
      (kind === "binaryCrossEntropyWithLogits" && /^sigmoid$/i.test(outputActivation ?? ""))
    if (
      !softmax &&
      !sigmoid &&
      !["crossEntropy", "normalising", "binaryCrossEntropyWithLogits"].includes(kind)
    )
      return { skipped: "the loss contains no softmax" }
    const least = softmax ? Math.log(1 + (classes - 1) * Math.exp(-1)) : Math.log(1 + Math.exp(-1))
    const evidence = [
      {
        what: softmax
          ? "outputs that sum to 1 for each example go into a loss that applies softmax"
          : sigmoid
            ? "outputs of a sigmoid go into a loss that applies one"
            : "the outputs are no probabilities",
        measured: softmax || sigmoid ? "yes" : "right",
        threshold: "logits, of any size",
        why: `the loss takes logits; of numbers between 0 and 1 it cannot fall below ${least.toPrecision(3)}, and its gradient is weak`,
        excess: softmax || sigmoid ? 1000 : 0,
      },
    ]
    if (!softmax && !sigmoid) return { fine: evidence }
    return {
      finding: {
        severity: "error",
        layers: [],
        explanation: softmax
          ? "Cross-entropy applies log-softmax itself. Softmax before it squeezes the logits into 0 … 1: the second softmax is nearly uniform whatever the model says."
          : "bceWithLogits applies the sigmoid itself. A second one squeezes the logits into 0 … 1.",
        evidence,
        remedies: [
          softmax
            ? {
                text: "Have the model give logits; apply softmax only to show probabilities.",
                code: "nn.sequential(nn.linear(64, 10)) // no nn.softmax at the end\nconst loss = nn.crossEntropy(logits, labels)",
              }
            : {
                text: "Leave the sigmoid out of the model, or use nn.bce.",
                code: "const loss = nn.bceWithLogits(logits, y)",
              },
        ],
        references: [
          {
            title: "PyTorch, CrossEntropyLoss: the input is expected to contain the unnormalized logits",
            url: "https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html",
          },
        ],
      },
    }
  },
}
