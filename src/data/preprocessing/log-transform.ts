import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { expm1 } from "../../tensor/index.ts"
import { checkNames, checkRange } from "../check.ts"
import { columnExtremes } from "./moments.ts"
import { constant, Preprocessing } from "./preprocessing.ts"
import type { FeatureOptions } from "./scaler.ts"
import type { Layout } from "./state.ts"

export interface LogTransformOptions extends FeatureOptions {
  /** What is added before the logarithm is taken. Default: 1. */
  readonly offset?: number
  /** Subtracts the smallest value of the training data, so that values below 0 are taken as well. Default: false. */
  readonly fromMinimum?: boolean
}

interface Learned {
  readonly features: number
  /** [features]: what is subtracted before log1p. */
  readonly shift: number[]
}

/**
 * Evens out values of many sizes: y = ln(x + offset), or y = ln(x − min + offset) with `fromMinimum`.
 *
 * Computed as log1p, so that small values keep their digits. Shape: as the input. A later value for which there is no
 * logarithm gives NaN.
 *
 * @throws NABLA_INVALID_ARGUMENT for an offset below 0 and options that do not exist; in fit, when the training data hold
 * a value for which there is no logarithm
 *
 * @example const log = await new LogTransform().fit(counts)
 */
export class LogTransform extends Preprocessing<Learned> {
  readonly kind = "LogTransform"
  protected readonly layout: Layout = { features: "number", shift: ["features"] }
  declare readonly options: LogTransformOptions

  constructor(options: LogTransformOptions = {}) {
    checkNames("LogTransform", options, ["dim", "offset", "fromMinimum"])
    checkRange("LogTransform", "offset", options.offset ?? 1, 0)
    super(options, options.dim ?? 1)
  }

  protected async learn(batches: AsyncIterable<Tensor>): Promise<Learned> {
    const { offset = 1, fromMinimum = false } = this.options
    const { least } = await columnExtremes(this.kind, batches)
    const shift = least.map((value) => (fromMinimum ? value : 0) + 1 - offset)
    const bad = least.findIndex((value, j) => !(1 + value - shift[j]! > 0))
    if (bad < 0) return { features: least.length, shift }
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: `feature ${bad} has values without a logarithm`,
      expected: `values + ${offset} above 0`,
      got: String(least[bad]),
      where: this.kind,
      hint: "set fromMinimum, or an offset above the smallest value",
    })
  }

  protected apply(rows: Tensor, { shift }: Learned): Tensor {
    return rows.sub(constant(shift, rows.dtype)).log1p()
  }

  protected undo(rows: Tensor, { shift }: Learned): Tensor {
    return expm1(rows).add(constant(shift, rows.dtype))
  }

  protected width({ features }: Learned): number {
    return features
  }
}
