import type { Tensor } from "../../tensor/index.ts"
import { cat, full, noGrad } from "../../tensor/index.ts"
import type { Metrics, Values } from "./metric.ts"
import type { MetricValue } from "./streaming.ts"
import { StreamingMetric } from "./streaming.ts"

/**
 * The loss and the metrics of a batch in one tensor, so that reading them is one computation and one transfer: the loss,
 * then for each metric the count of its numbers and the numbers.
 *
 * @returns [n], cut off from the graph of derivatives
 */
export function report<Output>(
  loss: Tensor,
  metrics: Metrics<Output>,
  output: Output,
  target: Tensor,
): Tensor {
  return noGrad(() => {
    const { dtype } = loss
    const parts = Object.values(metrics).flatMap((metric) => {
      const value =
        metric instanceof StreamingMetric ? metric.statistics(output, target) : metric(output, target)
      const numbers = value.reshape([-1]).to(dtype)
      return [full([1], numbers.shape[0]!, { dtype }), numbers]
    })
    return cat([loss.reshape([1]), ...parts])
  })
}

/** A batch's report as it was read. */
export interface BatchReport {
  readonly loss: number
  /** Of each metric: a function's value, or a streaming metric's statistics. */
  readonly numbers: readonly ArrayLike<number>[]
}

/** The reports of several batches in one tensor; of a single one it is the report itself. */
export function joined(reports: readonly Tensor[]): Tensor {
  return reports.length === 1 ? reports[0]! : noGrad(() => cat([...reports]))
}

/** The numbers of joined reports, which are of `metrics` metrics each. */
export async function readReports(reported: Tensor, metrics: number): Promise<BatchReport[]> {
  const all = (await reported.data()) as Float32Array
  const reports: BatchReport[] = []
  for (let at = 0; at < all.length; ) {
    const loss = all[at++]!
    const numbers = Array.from({ length: metrics }, () => {
      const begin = at + 1
      at = begin + all[at]!
      return all.subarray(begin, at)
    })
    reports.push({ loss, numbers })
  }
  return reports
}

/** Loss and metrics over the batches of an epoch or an evaluation. */
export class RunningValues {
  private readonly entries: readonly [name: string, metric: Metrics<unknown>[string]][]
  private states: number[][]
  private loss = 0
  private samples = 0

  constructor(metrics: Metrics<never>) {
    this.entries = Object.entries(metrics as Metrics<unknown>)
    this.states = this.entries.map(() => [])
  }

  add({ loss, numbers }: BatchReport, samples: number): this {
    this.loss += loss * samples
    this.samples += samples
    for (const [i, [, metric]] of this.entries.entries()) {
      const state = this.states[i]!
      if (metric instanceof StreamingMetric) metric.merge(state, numbers[i]!)
      else state[0] = (state[0] ?? 0) + numbers[i]![0]! * samples
    }
    return this
  }

  /** The values so far: `loss`, then the metrics. */
  get values(): Values {
    return this.of(this.entries.map(([, metric], i) => [metric, this.states[i]!]))
  }

  /** The same without what takes long to compute, see StreamingMetric.costly. */
  get quick(): Values {
    return this.of(
      this.entries.map(([, metric], i) => {
        const costly = metric instanceof StreamingMetric && metric.costly
        return costly ? null : [metric, this.states[i]!]
      }),
    )
  }

  /** Plain numbers, from which load goes on with the same bits. */
  state(): RunningState {
    return { loss: this.loss, samples: this.samples, states: this.states.map((state) => [...state]) }
  }

  load({ loss, samples, states }: RunningState): void {
    this.loss = loss
    this.samples = samples
    this.states = states.map((state) => [...state])
  }

  private of(states: readonly (readonly [Metrics<unknown>[string], number[]] | null)[]): Values {
    const values: Record<string, number> = {}
    if (this.samples === 0) return values
    values.loss = this.loss / this.samples
    for (const [i, entry] of states.entries()) {
      if (entry === null) continue
      const [metric, state] = entry
      const value = metric instanceof StreamingMetric ? metric.value(state) : state[0]! / this.samples
      put(values, this.entries[i]![0], value)
    }
    return values
  }
}

export interface RunningState {
  readonly loss: number
  readonly samples: number
  readonly states: readonly (readonly number[])[]
}

/** Several values of one metric stand under names of their own: f1.0, f1.1 … */
function put(values: Record<string, number>, name: string, value: MetricValue): void {
  if (typeof value === "number") values[name] = value
  else for (const [part, number] of Object.entries(value)) values[`${name}.${part}`] = number
}
