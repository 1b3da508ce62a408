import type { Tensor } from "../../tensor/index.ts"
import type { StreamingMetric } from "./streaming.ts"

/** What training minimises, as the mean over the batch (0-d). */
export type Loss<Output = Tensor> = (output: Output, target: Tensor) => Tensor

/**
 * A number that says how good outputs are. A function gives the mean over the batch (0-d), and means over batches are
 * taken by their sizes. What is no mean (F1, AUC, R²) is a StreamingMetric.
 */
export type Metric<Output = Tensor> = ((output: Output, target: Tensor) => Tensor) | StreamingMetric<Output>

/** Metrics by the names under which they are reported. */
export type Metrics<Output = Tensor> = Readonly<Record<string, Metric<Output>>>

/** Numbers by name: `loss` and the metrics. What cannot be said (an AUC of one class) is NaN. */
export type Values = Readonly<Record<string, number>>
