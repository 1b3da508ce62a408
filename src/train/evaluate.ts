import { NablaError } from "../base/index.ts"
import type { Module } from "../nn/index.ts"
import { crossEntropy } from "../nn/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { noGrad } from "../tensor/index.ts"
import type { Loss, Metrics, Values } from "./metrics/index.ts"
import { accuracy } from "./metrics/index.ts"
import { RunningValues, readReports, report } from "./metrics/report.ts"
import { Breather } from "./pause.ts"

type Batch = readonly [Tensor, Tensor]

interface Counted {
  /** How many there are, if that is known. */
  readonly length?: number | undefined
}

/** Batches of inputs and targets, anew each time they are gone through: a DataLoader, or an array. */
export interface Batches extends Iterable<Batch>, Counted {}

/** Batches that come one after the other, anew each time: of a file that is read in parts, say. */
export interface StreamedBatches extends AsyncIterable<Batch>, Counted {}

export interface EvaluateOptions<Output = Tensor> {
  /** Default: crossEntropy. */
  readonly loss?: Loss<Output>
  /** By the names under which they are reported. Default: accuracy, if the loss is left at its default too. */
  readonly metrics?: Metrics<Output>
  /** Ends the work between two batches. */
  readonly signal?: AbortSignal
}

/** The loss and the metrics in use, from options that may leave them out. */
export function objective<Output>({ loss, metrics }: EvaluateOptions<Output>): {
  loss: Loss<Output>
  metrics: Metrics<Output>
} {
  if (loss !== undefined) return { loss, metrics: metrics ?? {} }
  // What gives something else than a tensor has a loss of its own, or an error here that says so.
  const usual: Loss = (output, target) => crossEntropy(output, target)
  return { loss: usual as Loss<unknown>, metrics: metrics ?? ({ accuracy } as Metrics<unknown>) }
}

/**
 * Loss and metrics of a model over all samples of data. The model works in evaluation mode and is put back
 * into the mode that it was in.
 *
 * @throws NABLA_INTERRUPTED when the signal has been given
 *
 * @example const { loss, accuracy } = await evaluate(model, loader)
 */
export async function evaluate<Output = Tensor>(
  model: Module<readonly [Tensor], Output>,
  data: Batches | StreamedBatches,
  options: EvaluateOptions<Output> = {},
): Promise<Values> {
  const { loss, metrics } = objective(options)
  const means = new RunningValues(metrics)
  const breather = new Breather()
  const wasTraining = model.training
  model.eval()
  try {
    for await (const [x, y] of data) {
      if (options.signal?.aborted) throw interrupted("the evaluation")
      const reported = noGrad(() => {
        const output = model.forward(x)
        return report(loss(output, y), metrics, output, y)
      })
      const [read] = await readReports(reported, Object.keys(metrics).length)
      means.add(read!, x.shape[0]!)
      await breather.breathe()
    }
  } finally {
    model.train(wasTraining)
  }
  return means.values
}

export function interrupted(what: string): NablaError {
  return new NablaError("NABLA_INTERRUPTED", { message: `${what} was interrupted` })
}
