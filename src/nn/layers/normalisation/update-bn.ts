import type { Tensor } from "../../../tensor/index.ts"
import { noGrad, realize } from "../../../tensor/index.ts"
import type { AnyModule, Module } from "../../module.ts"
import { BatchNorm } from "./batch-norm.ts"

/**
 * Gives the batch norms of a model the statistics of its present weights, as the plain mean over all batches: after
 * weights were averaged (`AveragedModel`), set or interpolated, the running ones belong to no weights that there are.
 *
 * μ = (1/B)·Σ_b E[x_b],   σ² = (1/B)·Σ_b Var[x_b]   (unbiased)
 *
 * Runs the inputs through `forward` in training mode without derivatives; the mode and momentum of each layer are
 * afterwards what they were.
 *
 * @param inputs batches, as `forward` takes them; an iterable or an asynchronous one
 * @param model whose weights stay as they are
 * @param forward default: the model's own, of one argument
 * @throws what `forward` throws
 *
 * @example await nn.updateBn([randn([32, 4])], nn.sequential(nn.linear(4, 8), nn.batchNorm1d(8)))
 */
export async function updateBn<Input = Tensor>(
  inputs: Iterable<Input> | AsyncIterable<Input>,
  model: Module<[Input], unknown>,
  forward: (input: Input) => unknown = (input) => model.forward(input),
): Promise<void> {
  const layers = model.modules().filter((layer) => layer instanceof BatchNorm && layer.trackRunningStats)
  const kept = model.modules().map((layer): [AnyModule, boolean] => [layer, layer.training])
  const momenta = (layers as BatchNorm[]).map((layer): [BatchNorm, number | null] => [layer, layer.momentum])
  model.train()
  try {
    for (const [layer] of momenta) {
      layer.resetRunningStats()
      layer.momentum = null
    }
    for await (const input of inputs) {
      noGrad(() => forward(input))
      realize(momenta.flatMap(([layer]) => layer.buffers()))
    }
  } finally {
    for (const [layer, momentum] of momenta) layer.momentum = momentum
    for (const [layer, training] of kept) layer.training = training
  }
}
