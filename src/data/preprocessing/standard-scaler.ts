import type { Tensor } from "../../tensor/index.ts"
import { checkNames } from "../check.ts"
import { columnMoments } from "./moments.ts"
import type { FeatureOptions, ShiftScale } from "./scaler.ts"
import { Scaler, shiftAndScale } from "./scaler.ts"

export interface StandardScalerOptions extends FeatureOptions {
  /** Subtracts the mean. Default: true. */
  readonly withMean?: boolean
  /** Divides by the standard deviation. Default: true. */
  readonly withStd?: boolean
}

/**
 * Brings each feature to mean 0 and standard deviation 1: y = (x − μ) / σ with σ² = Σ (x − μ)² / n.
 *
 * A constant feature becomes 0. Shape: as the input, at least two dimensions.
 *
 * @throws NABLA_INVALID_ARGUMENT for options that do not exist
 *
 * @example
 * const scaler = await new StandardScaler().fit(train)
 * const y = scaler.transform(x)
 */
export class StandardScaler extends Scaler {
  readonly kind = "StandardScaler"
  declare readonly options: StandardScalerOptions

  constructor(options: StandardScalerOptions = {}) {
    checkNames("StandardScaler", options, ["dim", "withMean", "withStd"])
    super(options, options.dim ?? 1)
  }

  protected async learn(batches: AsyncIterable<Tensor>): Promise<ShiftScale> {
    const { withMean = true, withStd = true } = this.options
    const { mean, variance } = await columnMoments(this.kind, batches)
    return shiftAndScale(
      mean.map((value) => (withMean ? value : 0)),
      variance.map((value) => (withStd ? Math.sqrt(value) : 1)),
    )
  }
}
