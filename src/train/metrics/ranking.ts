import type { Tensor } from "../../tensor/index.ts"
import { cat, full, softmax, sub } from "../../tensor/index.ts"
import { checkAverage, checkOptions } from "./check.ts"
import type { Decisions } from "./predictions.ts"
import { decisions } from "./predictions.ts"
import type { MetricValue } from "./streaming.ts"
import { StreamingMetric } from "./streaming.ts"

export interface RankingOptions {
  /** Over the classes that have samples and whose complement has; weighted by samples, or each by itself. Default: macro. */
  readonly average?: "macro" | "weighted" | "none"
}

/** Value for one class: scores, and whether each sample is of it, ordered by falling score. */
type Curve = (sorted: readonly Sample[], positives: number) => number

interface Sample {
  readonly score: number
  readonly positive: boolean
}

/**
 * Metrics of how scores rank samples. They need all scores at once: the state is (classes + 1) numbers a sample, 2 for two
 * classes, and the value takes a sort, so that fit reports it once an epoch.
 */
class Ranking extends StreamingMetric {
  override readonly costly = true
  private readonly name: string
  private readonly curve: Curve
  private readonly average: "macro" | "weighted" | "none"

  constructor(name: string, curve: Curve, { average = "macro" }: RankingOptions) {
    super()
    this.name = name
    this.curve = curve
    this.average = average
  }

  /** [columns, scores of sample 0 …, target of sample 0, …] */
  override statistics(output: Tensor, target: Tensor): Tensor {
    const rows = decisions(this.name, output, target)
    const scores = columns(rows)
    const table = cat([scores, rows.target.reshape([-1, 1]).to(scores.dtype)], 1)
    return cat([full([1], scores.shape[1]!, { dtype: scores.dtype }), table.reshape([-1])])
  }

  override merge(state: number[], statistics: ArrayLike<number>): void {
    for (let i = state.length === 0 ? 0 : 1; i < statistics.length; i++) state.push(statistics[i]!)
  }

  override value(state: readonly number[]): MetricValue {
    const width = state[0]!
    const classes = Array.from({ length: width }, (_, k) => k)
    if (width === 1) return this.ofClass(state, 0, 1).value
    const found = classes.map((k) => this.ofClass(state, k, k))
    if (this.average === "none") return Object.fromEntries(found.map(({ value }, k) => [String(k), value]))
    const known = found.filter(({ value }) => !Number.isNaN(value))
    const weights = known.map(({ positives }) => (this.average === "weighted" ? positives : 1))
    const sum = weights.reduce((a, b) => a + b, 0)
    if (sum === 0) return Number.NaN
    return known.reduce((mean, { value }, i) => mean + (weights[i]! / sum) * value, 0)
  }

  private ofClass(
    state: readonly number[],
    column: number,
    label: number,
  ): { value: number; positives: number } {
    const width = state[0]!
    const samples: Sample[] = []
    for (let at = 1; at < state.length; at += width + 1)
      samples.push({ score: state[at + column]!, positive: state[at + width] === label })
    const positives = samples.filter(({ positive }) => positive).length
    const odd = samples.some(({ score }) => Number.isNaN(score))
    if (odd || positives === 0 || positives === samples.length) return { value: Number.NaN, positives }
    samples.sort((a, b) => b.score - a.score)
    return { value: this.curve(samples, positives), positives }
  }
}

/** What samples are ranked by: one number for two classes, else the probabilities of all. */
function columns({ scores, classes }: Decisions): Tensor {
  if (scores.ndim === 1) return scores.reshape([-1, 1])
  if (classes > 2) return softmax(scores, 1)
  return sub(scores.narrow(1, 1, 1), scores.narrow(1, 0, 1))
}

/** Calls f with each group of equal scores: how many are positive, how many are not. */
function tied(sorted: readonly Sample[], f: (positive: number, negative: number) => void): void {
  for (let i = 0; i < sorted.length; ) {
    const { score } = sorted[i]!
    let [positive, negative] = [0, 0]
    for (; i < sorted.length && sorted[i]!.score === score; i++) {
      if (sorted[i]!.positive) positive++
      else negative++
    }
    f(positive, negative)
  }
}

/** Of all pairs of a positive and another sample, those in right order; equal scores count half. */
const areaUnderRoc: Curve = (sorted, positives) => {
  let [before, pairs] = [0, 0]
  tied(sorted, (positive, negative) => {
    pairs += negative * (before + positive / 2)
    before += positive
  })
  return pairs / (positives * (sorted.length - positives))
}

/** Σₙ (Rₙ − Rₙ₋₁)·Pₙ over the distinct scores, from the highest. */
const areaUnderPrecision: Curve = (sorted, positives) => {
  let [found, taken, area] = [0, 0, 0]
  tied(sorted, (positive, negative) => {
    found += positive
    taken += positive + negative
    area += (positive / positives) * (found / taken)
  })
  return area
}

/**
 * Area under the ROC curve: the probability that a sample of the class is ranked above one that is not, equal scores
 * counting half.
 *
 * Outputs [n], [n, 1] or [n, 2] with targets [n]: of class 1. Outputs [n, classes > 2]: of each class against the rest, by
 * softmax probabilities. NaN where only one class occurs.
 *
 * @throws NABLA_INVALID_ARGUMENT for options that there are not
 *
 * @example
 * const auc = rocAuc()
 * await auc.update(tensor([0.1, 0.4, 0.35, 0.8]), tensor([0, 0, 1, 1]))
 * auc.compute() // 0.75
 */
export function rocAuc(options: RankingOptions = {}): StreamingMetric {
  return ranking("rocAuc", areaUnderRoc, options)
}

/** Average precision: Σₙ (Rₙ − Rₙ₋₁)·Pₙ over the distinct scores. Shapes, options and errors as rocAuc. */
export function averagePrecision(options: RankingOptions = {}): StreamingMetric {
  return ranking("averagePrecision", areaUnderPrecision, options)
}

function ranking(name: string, curve: Curve, options: RankingOptions): StreamingMetric {
  checkOptions(name, options, ["average"])
  if (options.average !== undefined) checkAverage(name, options.average, ["macro", "weighted", "none"])
  return new Ranking(name, curve, options)
}
