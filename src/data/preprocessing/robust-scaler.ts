import type { Tensor } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import { finiteData } from "./moments.ts"
import type { SampleOptions } from "./row-sample.ts"
import { quantileOf, sampleColumns } from "./row-sample.ts"
import type { FeatureOptions, ShiftScale } from "./scaler.ts"
import { Scaler, shiftAndScale } from "./scaler.ts"

export interface RobustScalerOptions extends FeatureOptions, SampleOptions {}

/**
 * Brings each feature to median 0 and interquartile range 1: y = (x − median) / (q₇₅ − q₂₅), which outliers hardly move.
 *
 * Shape: as the input. Of more than `sampleSize` rows the quantiles are those of a random sample.
 *
 * @throws NABLA_INVALID_ARGUMENT for options that do not exist
 *
 * @example const scaler = await new RobustScaler().fit(train)
 */
export class RobustScaler extends Scaler {
  readonly kind = "RobustScaler"
  declare readonly options: RobustScalerOptions

  constructor(options: RobustScalerOptions = {}) {
    checkNames("RobustScaler", options, ["dim", "sampleSize", "seed"])
    checkCount("RobustScaler", "sampleSize", options.sampleSize ?? 1)
    super(options, options.dim ?? 1)
  }

  protected async learn(batches: AsyncIterable<Tensor>): Promise<ShiftScale> {
    const { sampleSize = 65536, seed = 0 } = this.options
    const columns = await sampleColumns(batches, { sampleSize, seed }, (rows) => finiteData(this.kind, rows))
    return shiftAndScale(
      columns.map((column) => quantileOf(column, 0.5)),
      columns.map((column) => quantileOf(column, 0.75) - quantileOf(column, 0.25)),
    )
  }
}
