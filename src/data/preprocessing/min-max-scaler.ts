import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { checkNames } from "../check.ts"
import { columnExtremes } from "./moments.ts"
import type { FeatureOptions, ShiftScale } from "./scaler.ts"
import { Scaler, shiftAndScale } from "./scaler.ts"

export interface MinMaxScalerOptions extends FeatureOptions {
  /** Where the smallest and the largest value go. Default: [0, 1]. */
  readonly range?: readonly [number, number]
}

/**
 * Brings each feature into a range [a, b]: y = a + (b − a)·(x − min) / (max − min).
 *
 * Values beyond those of the training data go beyond the range. A constant feature becomes a. Shape: as the input.
 *
 * @throws NABLA_INVALID_ARGUMENT for a range without extent, and options that do not exist
 *
 * @example const scaler = await new MinMaxScaler({ range: [-1, 1] }).fit(train)
 */
export class MinMaxScaler extends Scaler {
  readonly kind = "MinMaxScaler"
  declare readonly options: MinMaxScalerOptions

  constructor(options: MinMaxScalerOptions = {}) {
    checkNames("MinMaxScaler", options, ["dim", "range"])
    const [low, high] = options.range ?? [0, 1]
    if (!(low < high && Number.isFinite(high - low))) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the range has no extent",
        expected: "[low, high] with low < high",
        got: `[${low}, ${high}]`,
        where: "MinMaxScaler",
      })
    }
    super(options, options.dim ?? 1)
  }

  protected async learn(batches: AsyncIterable<Tensor>): Promise<ShiftScale> {
    const [low, high] = this.options.range ?? [0, 1]
    const { least, most } = await columnExtremes(this.kind, batches)
    // y = (x − shift) / scale takes min to low and max to high.
    const scale = least.map((value, j) => (most[j]! > value ? (most[j]! - value) / (high - low) : 1))
    return shiftAndScale(
      least.map((value, j) => value - low * scale[j]!),
      scale,
    )
  }
}
