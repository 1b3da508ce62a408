import { NablaError } from "../../base/index.ts"
import { checkCount, checkNames } from "../check.ts"
import { batchNorm1d, dropout, flatten, linear, relu, Sequential } from "../layers/index.ts"
import type { Module } from "../module.ts"

export interface MLPOptions {
  /** Makes the activation between two layers. Default: nn.relu. */
  readonly activation?: () => Module
  /** Batch normalisation before each activation. Default: false. */
  readonly batchNorm?: boolean
  /** Share of units that are dropped after each activation. Default: 0. */
  readonly dropout?: number
}

/**
 * A multi-layer perceptron: linear layers of the given widths with an activation between each two.
 *
 *     f(x) = Wₙ φ(… φ(W₁ x + b₁) …) + bₙ
 *
 * Shapes: [batch, …] → [batch, widths.at(-1)]; the dimensions of a sample are flattened to widths[0].
 *
 * @param widths of the input, of each hidden layer, and of the output
 * @throws NABLA_INVALID_ARGUMENT for fewer than two widths
 *
 * @example nn.mlp([784, 256, 128, 10]).forward(randn([64, 1, 28, 28])).shape // [64, 10]
 */
export function mlp(widths: readonly number[], options: MLPOptions = {}): Sequential {
  checkNames("mlp", options, ["activation", "batchNorm", "dropout"])
  if (widths.length < 2) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a multi-layer perceptron has an input and an output",
      expected: "two widths or more",
      got: `[${widths.join(", ")}]`,
      where: "mlp",
    })
  }
  const { activation = relu, batchNorm = false, dropout: dropped = 0 } = options
  const layers: Module[] = [flatten()]
  for (let i = 1; i < widths.length; i++) {
    layers.push(linear(widths[i - 1]!, widths[i]!))
    if (i === widths.length - 1) break
    if (batchNorm) layers.push(batchNorm1d(widths[i]!))
    layers.push(activation())
    if (dropped > 0) layers.push(dropout({ p: dropped }))
  }
  return new Sequential(...layers)
}

/** Linear regression: y = W·x + b, for any shape of sample. Train it with nn.mse. */
export function linearRegression(features: number, outputs = 1): Sequential {
  checkCount("linearRegression", "outputs", outputs)
  return mlp([features, outputs])
}

/**
 * Logistic regression: the logits W·x + b of each class; their softmax is the model's probabilities. Train it with
 * nn.crossEntropy, which applies the softmax.
 */
export function logisticRegression(features: number, classes: number): Sequential {
  checkCount("logisticRegression", "classes", classes, 2)
  return mlp([features, classes])
}
