import type { Tensor } from "../../tensor/index.ts"
import { noGrad } from "../../tensor/index.ts"

/** A metric's value: a number, or several by name (one for each class). */
export type MetricValue = number | Readonly<Record<string, number>>

/**
 * A metric over data that come in batches, exact where a mean of batch values would not be. Each batch contributes
 * `statistics`, which are part of the graph, so that a captured step computes them along; `merge` adds them to a state of
 * plain numbers, and `value` is a formula of that state.
 *
 * The same object serves several evaluations at once: fit and evaluate keep states of their own. By itself it keeps one:
 *
 * @example
 * const metric = f1({ average: "macro" })
 * for (const [x, y] of loader) await metric.update(model.forward(x), y)
 * metric.compute()
 */
export abstract class StreamingMetric<Output = Tensor> {
  /**
   * Whether the state grows with the data, or the value takes long: fit then reports the value for whole epochs and
   * evaluations, and not at every step.
   */
  readonly costly: boolean = false
  protected state: number[] = []

  /** What a batch contributes, as one tensor of numbers. */
  abstract statistics(output: Output, target: Tensor): Tensor
  /** The value for a state that some batch was merged into. */
  abstract value(state: readonly number[]): MetricValue

  /** Adds a batch's statistics to a state, which begins empty. Default: sums. */
  merge(state: number[], statistics: ArrayLike<number>): void {
    for (let i = 0; i < statistics.length; i++) state[i] = (state[i] ?? 0) + statistics[i]!
  }

  /** Takes a batch into the metric's own state. */
  async update(output: Output, target: Tensor): Promise<void> {
    this.merge(this.state, await noGrad(() => this.statistics(output, target)).data())
  }

  /** The value over all batches since the beginning or the last reset; NaN before any. */
  compute(): MetricValue {
    return this.state.length === 0 ? Number.NaN : this.value(this.state)
  }

  reset(): void {
    this.state = []
  }
}
