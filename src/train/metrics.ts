import type { Tensor } from "../tensor/index.ts"
import { argmax, eq, mean, noGrad, stack } from "../tensor/index.ts"

/** A number that says how good outputs are, as the mean over the batch (0-d). */
export type Metric<Output = Tensor> = (output: Output, target: Tensor) => Tensor

/** What training minimises, as the mean over the batch (0-d). */
export type Loss<Output = Tensor> = Metric<Output>

/** Metrics by the names under which they are reported. */
export type Metrics<Output = Tensor> = Readonly<Record<string, Metric<Output>>>

/** Numbers by name: `loss` and the metrics. */
export type Values = Readonly<Record<string, number>>

/**
 * Share of samples whose largest output is the one of their class: mean(argmaxₖ outputᵢₖ = targetᵢ).
 *
 * @param output [batch, classes]
 * @param target [batch], class indices
 */
export const accuracy: Metric = (output, target) => mean(eq(argmax(output, 1), target))

/**
 * The loss and the metrics of a batch in one tensor, so that reading them is one computation and one transfer.
 *
 * @returns [1 + number of metrics], cut off from the graph of derivatives
 */
export function report<Output>(
  loss: Tensor,
  metrics: Metrics<Output>,
  output: Output,
  target: Tensor,
): Tensor {
  return noGrad(() => stack([loss, ...Object.values(metrics).map((metric) => metric(output, target))]))
}

/** The numbers of a report by name. */
export async function readReport(reported: Tensor, names: object): Promise<Record<string, number>> {
  const numbers = await reported.data()
  return Object.fromEntries(["loss", ...Object.keys(names)].map((name, i) => [name, numbers[i]!]))
}

/** Means over samples, of numbers that come as means over batches. */
export class RunningMeans {
  private readonly sums = new Map<string, number>()
  private samples = 0

  add(values: Values, samples: number): void {
    for (const [name, value] of Object.entries(values))
      this.sums.set(name, (this.sums.get(name) ?? 0) + value * samples)
    this.samples += samples
  }

  get values(): Values {
    return Object.fromEntries([...this.sums].map(([name, sum]) => [name, sum / this.samples]))
  }
}
