import type { Tensor } from "../../tensor/index.ts"
import { add, mul } from "../../tensor/index.ts"
import type { Metric, Metrics, MetricValue } from "../../train/index.ts"
import {
  accuracy,
  averagePrecision,
  expectedCalibrationError,
  f1,
  mae,
  perplexity,
  precision,
  r2,
  recall,
  rmse,
  rocAuc,
  StreamingMetric,
  topKAccuracy,
} from "../../train/index.ts"
import type { Job } from "../recipes/index.ts"
import { invalidOption } from "../terminal/option-values.ts"
import type { TargetScale } from "./table-data.ts"

/** What --metrics takes. */
const table: Readonly<Record<string, () => Metric>> = {
  accuracy: () => accuracy,
  "top-5": () => topKAccuracy(5),
  precision: () => precision(),
  recall: () => recall(),
  f1: () => f1(),
  "f1-per-class": () => f1({ average: "none" }),
  auc: () => rocAuc(),
  "average-precision": () => averagePrecision(),
  "calibration-error": () => expectedCalibrationError(),
  perplexity: () => perplexity(),
  mae: () => mae(),
  rmse: () => rmse(),
  r2: () => r2(),
}

export const metricNames: readonly string[] = Object.keys(table)

/** @throws NABLA_INVALID_OPTION for a name that there is not */
export function metricName(text: string): string {
  if (Object.hasOwn(table, text)) return text
  throw invalidOption("--metrics", metricNames.join(" | "), text)
}

export function metricsOf(names: readonly string[]): Metrics {
  return Object.fromEntries(names.map((name) => [name, table[name]!()]))
}

/** A metric of scaled outputs and targets, in the units that the targets came in. */
class InUnits extends StreamingMetric {
  override readonly costly: boolean
  private readonly metric: StreamingMetric
  private readonly back: (t: Tensor) => Tensor

  constructor(metric: StreamingMetric, back: (t: Tensor) => Tensor) {
    super()
    this.metric = metric
    this.back = back
    this.costly = metric.costly
  }

  override statistics(output: Tensor, target: Tensor): Tensor {
    return this.metric.statistics(this.back(output), this.back(target))
  }

  override merge(state: number[], statistics: ArrayLike<number>): void {
    this.metric.merge(state, statistics)
  }

  override value(state: readonly number[]): MetricValue {
    return this.metric.value(state)
  }
}

/** Metrics that were asked for instead of a job's own; those of scaled targets are in the units that they came in. */
export function withMetrics(job: Job, scale: TargetScale | null, names: readonly string[] | undefined): Job {
  const usual = scale ? metricsOf(["mae", "r2"]) : job.metrics
  const metrics = names === undefined ? usual : metricsOf(names)
  if (metrics === undefined) return job
  return { ...job, metrics: scale ? inUnits(metrics, scale) : metrics }
}

function inUnits(metrics: Metrics, { mean, std }: TargetScale): Metrics {
  const back = (t: Tensor): Tensor => add(mul(t, std), mean)
  const changed = (metric: Metric): Metric =>
    metric instanceof StreamingMetric
      ? new InUnits(metric, back)
      : (output, target) => metric(back(output), back(target))
  return Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, changed(metric)]))
}
