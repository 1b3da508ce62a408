import type { Tensor } from "../../tensor/index.ts"
import { matmul, oneHot } from "../../tensor/index.ts"
import { checkAverage, checkOptions } from "./check.ts"
import { decisions, predictedClasses } from "./predictions.ts"
import type { MetricValue } from "./streaming.ts"
import { StreamingMetric } from "./streaming.ts"

/** How the values of the classes become one: see the metrics that take it. */
export type Average = "macro" | "micro" | "weighted" | "binary" | "none"

const averages: readonly Average[] = ["macro", "micro", "weighted", "binary", "none"]

export interface ThresholdOptions {
  /** Where outputs [n] or [n, 1] say class 1: above this. Default: 0, for logits. */
  readonly threshold?: number
}

/**
 * Counts of samples by class and by what was predicted: Cᵢⱼ samples of class i were taken for class j.
 *
 * Outputs [n, classes, …] with targets [n, …], or [n] with [n] for two classes. The state is classes² numbers, exact up
 * to 2²⁴ samples in a batch. In fit and evaluate its values have names like "0>1" (class, prediction).
 *
 * @example
 * const metric = confusionMatrix()
 * await metric.update(tensor([[2, 1], [0, 3], [1, 0]]), tensor([0, 1, 1]))
 * metric.matrix // [[1, 0], [1, 1]]
 */
export class ConfusionMatrix extends StreamingMetric {
  private readonly threshold: number

  constructor({ threshold = 0 }: ThresholdOptions = {}) {
    super()
    this.threshold = threshold
  }

  override statistics(output: Tensor, target: Tensor): Tensor {
    const rows = decisions(this.constructor.name, output, target)
    const known = oneHot(rows.target.to("int32"), rows.classes).to("float32")
    const said = oneHot(predictedClasses(rows, this.threshold), rows.classes).to("float32")
    return matmul(known.transpose(0, 1), said).reshape([-1])
  }

  /** The counts over all batches that `update` was given, a row for each class. */
  get matrix(): number[][] {
    return rowsOf(this.state)
  }

  override value(state: readonly number[]): MetricValue {
    const entries = rowsOf(state).flatMap((row, i) => row.map((count, j) => [`${i}>${j}`, count] as const))
    return Object.fromEntries(entries)
  }
}

function rowsOf(state: readonly number[]): number[][] {
  const classes = Math.round(Math.sqrt(state.length))
  return Array.from({ length: classes }, (_, i) => state.slice(i * classes, (i + 1) * classes))
}

/** @see ConfusionMatrix */
export function confusionMatrix(options: ThresholdOptions = {}): ConfusionMatrix {
  checkOptions("confusionMatrix", options, ["threshold"])
  return new ConfusionMatrix(options)
}

export interface ClassScoreOptions extends ThresholdOptions {
  /**
   * macro: the mean over classes; weighted: the mean weighted by their samples; micro: of the summed counts, which is the
   * accuracy where each sample has one class; binary: of class 1 alone; none: each class by itself. A class that neither
   * occurs nor is predicted counts in no mean. Default: macro.
   */
  readonly average?: Average
  /** Value of a fraction whose denominator is 0. Default: 0. */
  readonly zeroDivision?: number
}

/** What a score needs of one class, or of all together. */
interface Counts {
  readonly truePositive: number
  readonly falsePositive: number
  readonly falseNegative: number
}

type Formula = (counts: Counts) => readonly [numerator: number, denominator: number]

/** Precision, recall and F1: fractions of the counts of a confusion matrix. */
class ClassScore extends ConfusionMatrix {
  private readonly formula: Formula
  private readonly average: Average
  private readonly zeroDivision: number

  constructor(formula: Formula, { average = "macro", zeroDivision = 0, ...rest }: ClassScoreOptions) {
    super(rest)
    this.formula = formula
    this.average = average
    this.zeroDivision = zeroDivision
  }

  override value(state: readonly number[]): MetricValue {
    const matrix = rowsOf(state)
    const counts = matrix.map((_, k) => countsOf(matrix, k))
    if (this.average === "binary") return this.fraction(counts[1]!)
    if (this.average === "micro") return this.fraction(total(counts))
    if (this.average === "none")
      return Object.fromEntries(counts.map((of, k) => [String(k), this.fraction(of)]))
    const present = counts.filter((of) => support(of) + of.falsePositive > 0)
    const weights = present.map((of) => (this.average === "weighted" ? support(of) : 1))
    const sum = weights.reduce((a, b) => a + b, 0)
    return present.reduce((mean, of, i) => mean + (weights[i]! / sum) * this.fraction(of), 0)
  }

  private fraction(counts: Counts): number {
    const [numerator, denominator] = this.formula(counts)
    return denominator === 0 ? this.zeroDivision : numerator / denominator
  }
}

const support = ({ truePositive, falseNegative }: Counts): number => truePositive + falseNegative

function countsOf(matrix: readonly (readonly number[])[], k: number): Counts {
  const truePositive = matrix[k]![k]!
  const row = matrix[k]!.reduce((a, b) => a + b, 0)
  const column = matrix.reduce((sum, other) => sum + other[k]!, 0)
  return { truePositive, falsePositive: column - truePositive, falseNegative: row - truePositive }
}

function total(all: readonly Counts[]): Counts {
  const sum = (of: (counts: Counts) => number): number => all.reduce((s, counts) => s + of(counts), 0)
  return {
    truePositive: sum((it) => it.truePositive),
    falsePositive: sum((it) => it.falsePositive),
    falseNegative: sum((it) => it.falseNegative),
  }
}

function classScore(name: string, formula: Formula): (options?: ClassScoreOptions) => StreamingMetric {
  return (options = {}) => {
    checkOptions(name, options, ["average", "zeroDivision", "threshold"])
    if (options.average !== undefined) checkAverage(name, options.average, averages)
    return new ClassScore(formula, options)
  }
}

/**
 * Of the samples that were taken for a class, the share that is of it: TP/(TP + FP).
 *
 * @throws NABLA_INVALID_ARGUMENT for options that there are not
 *
 * @example await evaluate(model, test, { metrics: { precision: precision({ average: "none" }) } })
 */
export const precision = /* @__PURE__ */ classScore("precision", ({ truePositive, falsePositive }) => [
  truePositive,
  truePositive + falsePositive,
])

/** Of the samples of a class, the share that was taken for it: TP/(TP + FN). Options and errors as precision. */
export const recall = /* @__PURE__ */ classScore("recall", ({ truePositive, falseNegative }) => [
  truePositive,
  truePositive + falseNegative,
])

/** The harmonic mean of precision and recall: 2·TP/(2·TP + FP + FN). Options and errors as precision. */
export const f1 = /* @__PURE__ */ classScore("f1", ({ truePositive, falsePositive, falseNegative }) => [
  2 * truePositive,
  2 * truePositive + falsePositive + falseNegative,
])
