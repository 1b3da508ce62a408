import type { Tensor } from "../../tensor/index.ts"
import { cat, where } from "../../tensor/index.ts"
import { checkCount, checkNames, checkWord } from "../check.ts"
import { constant, Preprocessing } from "./preprocessing.ts"
import type { SampleOptions } from "./row-sample.ts"
import { quantileOf, sampleColumns } from "./row-sample.ts"
import type { FeatureOptions } from "./scaler.ts"
import type { Layout } from "./state.ts"

export interface ImputerOptions extends FeatureOptions, SampleOptions {
  /** What stands for a missing value: the feature's mean (default), its median, or `value`. */
  readonly strategy?: "mean" | "median" | "constant"
  /** For the strategy "constant". Default: 0. */
  readonly value?: number
  /** Appends for each feature another one that is 1 where it was missing. Default: false. */
  readonly indicator?: boolean
}

interface Learned {
  readonly features: number
  readonly fill: number[]
}

/**
 * Fills in missing values, which are NaN, by a number for each feature.
 *
 * A feature without any value is filled with 0 (or `value`). Shape: as the input; with `indicator` twice the features,
 * and then `inverse` makes the missing ones NaN again. Without it `inverse` gives its input.
 *
 * @throws NABLA_INVALID_ARGUMENT for a strategy and options that do not exist
 *
 * @example const imputer = await new Imputer({ strategy: "median" }).fit(train)
 */
export class Imputer extends Preprocessing<Learned> {
  readonly kind = "Imputer"
  protected readonly layout: Layout = { features: "number", fill: ["features"] }
  declare readonly options: ImputerOptions

  constructor(options: ImputerOptions = {}) {
    const { strategy = "mean", sampleSize = 1 } = options
    checkNames("Imputer", options, ["dim", "strategy", "value", "indicator", "sampleSize", "seed"])
    checkWord("Imputer", "strategy", strategy, ["mean", "median", "constant"])
    checkCount("Imputer", "sampleSize", sampleSize)
    super(options, options.dim ?? 1)
  }

  protected async learn(batches: AsyncIterable<Tensor>): Promise<Learned> {
    const { strategy = "mean", value = 0 } = this.options
    const found = strategy === "median" ? await this.medians(batches) : await presentMeans(batches)
    const fill = found.map((number) => (strategy === "constant" || !Number.isFinite(number) ? value : number))
    return { features: fill.length, fill }
  }

  private async medians(batches: AsyncIterable<Tensor>): Promise<number[]> {
    const { sampleSize = 65536, seed = 0 } = this.options
    const columns = await sampleColumns(batches, { sampleSize, seed }, (rows) => rows.data())
    return columns.map((column) => quantileOf(column, 0.5))
  }

  protected apply(rows: Tensor, { fill }: Learned): Tensor {
    const missing = rows.isnan()
    const filled = where(missing, constant(fill, rows.dtype), rows)
    return this.options.indicator ? cat([filled, missing.to(rows.dtype)], 1) : filled
  }

  protected undo(rows: Tensor, { features }: Learned): Tensor {
    if (!this.options.indicator) return rows
    const [values, missing] = [rows.narrow(1, 0, features), rows.narrow(1, features, features)]
    return where(missing.gt(0.5), Number.NaN, values)
  }

  protected width({ features }: Learned, after: boolean): number {
    return after && this.options.indicator ? 2 * features : features
  }
}

/** The mean of the values of each column that are there; NaN without any. */
async function presentMeans(batches: AsyncIterable<Tensor>): Promise<number[]> {
  const means: number[] = []
  const counts: number[] = []
  for await (const rows of batches) {
    const d = rows.shape[1]!
    const data = await rows.data()
    for (let at = 0; at < data.length; at++) {
      const j = at % d
      counts[j] ??= 0
      means[j] ??= Number.NaN
      if (Number.isNaN(data[at])) continue
      const count = ++counts[j]!
      const mean = count === 1 ? 0 : means[j]!
      means[j] = mean + (data[at]! - mean) / count
    }
  }
  return means
}
