import { NablaError } from "../../base/index.ts"
import type { Module } from "../../nn/index.ts"
import { crossEntropy, functionalCall } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { grad, vmap } from "../../tensor/index.ts"

/** Mean loss of a batch. */
export type BatchLoss = (output: Tensor, target: Tensor) => Tensor

/** The gradients of single examples. */
export interface PerSampleGradients {
  /** By the path of the parameter: [examples, …shape of the parameter]. */
  readonly gradients: Readonly<Record<string, Tensor>>
  readonly examples: number
}

/**
 * The gradient of the loss of each example by itself, with respect to each parameter that learns: gᵢ = ∇L(xᵢ, yᵢ), by
 * vmap over the gradient of one example. Takes the memory of `examples` gradients. The model is looked at in evaluation
 * mode, in which examples do not depend on each other; its modes are put back.
 *
 * @param x [examples, …]
 * @param y [examples, …]
 * @param loss default: crossEntropy
 * @throws NABLA_SHAPE_MISMATCH when x and y have different numbers of examples
 *
 * @example
 * const { gradients } = perSampleGradients(model, x, y)
 * gradients["1.weight"].shape // [8, 16, 10]: one gradient of [16, 10] for each of 8 examples
 */
export function perSampleGradients(
  model: Module<readonly [Tensor], Tensor>,
  x: Tensor,
  y: Tensor,
  loss: BatchLoss = (output, target) => crossEntropy(output, target),
): PerSampleGradients {
  if (x.shape[0] !== y.shape[0]) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "there is not one target for each example",
      where: "perSampleGradients",
      expected: `${x.shape[0]} targets`,
      got: String(y.shape[0]),
    })
  }
  const learning = model.namedParameters().filter(([, { requiresGrad }]) => requiresGrad)
  const names = learning.map(([name]) => name)
  const parameters = learning.map(([, parameter]) => parameter.detach())
  const one = (input: Tensor, target: Tensor, ...values: Tensor[]): Tensor => {
    const given = Object.fromEntries(names.map((name, i) => [name, values[i]!]))
    return loss(functionalCall(model, given, input.unsqueeze(0)), target.unsqueeze(0))
  }
  const each = vmap(grad(one, { argnums: names.map((_, i) => i + 2) }), {
    inDims: [0, 0, ...names.map(() => null)],
  })
  const modes = model.modules().map((module) => ({ module, training: module.training }))
  model.eval()
  try {
    const parts = each(x, y, ...parameters) as Tensor[]
    return { gradients: Object.fromEntries(names.map((name, i) => [name, parts[i]!])), examples: x.shape[0]! }
  } finally {
    for (const { module, training } of modes) module.training = training
  }
}
