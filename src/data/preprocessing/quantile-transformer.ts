import type { Tensor } from "../../tensor/index.ts"
import { clamp, erf, erfinv, searchsorted, where } from "../../tensor/index.ts"
import { checkCount, checkNames, checkWord } from "../check.ts"
import { finiteData } from "./moments.ts"
import { constant, Preprocessing } from "./preprocessing.ts"
import type { SampleOptions } from "./row-sample.ts"
import { quantileOf, sampleColumns } from "./row-sample.ts"
import type { FeatureOptions } from "./scaler.ts"
import type { Layout } from "./state.ts"

export interface QuantileTransformerOptions extends FeatureOptions, SampleOptions {
  /** The distribution that comes out: uniform on [0, 1] (default), or standard normal. */
  readonly output?: "uniform" | "normal"
  /** Places of the distribution function that are kept; between them it is a line. Default: 1000. */
  readonly quantiles?: number
}

interface Learned {
  readonly features: number
  readonly count: number
  /** [features, count], row by row, ascending. */
  readonly knots: number[]
}

/** Where normal numbers end: quantiles of this share and of 1 minus it, about ±5.2. */
const TAIL = 1e-7

/**
 * Makes each feature uniform or normal whatever its distribution was: y = F(x), or y = Φ⁻¹(F(x)), with F the empirical
 * distribution function of the training data as a line through `quantiles` places.
 *
 * Order is kept, distances are not; outliers become harmless. Values beyond those of the training data become the
 * nearest of them, which `inverse` cannot undo; equal values share the middle of their step. Shape: as the input.
 *
 * @throws NABLA_INVALID_ARGUMENT for an output, a count or options that do not exist
 *
 * @example const transformer = await new QuantileTransformer({ output: "normal" }).fit(train)
 */
export class QuantileTransformer extends Preprocessing<Learned> {
  readonly kind = "QuantileTransformer"
  protected readonly layout: Layout = {
    features: "number",
    count: "number",
    knots: ["features", "count"],
  }
  declare readonly options: QuantileTransformerOptions

  constructor(options: QuantileTransformerOptions = {}) {
    const { output = "uniform", quantiles = 1000, sampleSize = 1 } = options
    checkNames("QuantileTransformer", options, ["dim", "output", "quantiles", "sampleSize", "seed"])
    checkWord("QuantileTransformer", "output", output, ["uniform", "normal"])
    checkCount("QuantileTransformer", "quantiles", quantiles, 2)
    checkCount("QuantileTransformer", "sampleSize", sampleSize)
    super(options, options.dim ?? 1)
  }

  protected async learn(batches: AsyncIterable<Tensor>): Promise<Learned> {
    const { quantiles = 1000, sampleSize = 65536, seed = 0 } = this.options
    const columns = await sampleColumns(batches, { sampleSize, seed }, (rows) => finiteData(this.kind, rows))
    const count = Math.max(2, Math.min(quantiles, columns[0]?.length ?? 0))
    const knots = columns.flatMap((column) =>
      Array.from({ length: count }, (_, k) => quantileOf(column, k / (count - 1))),
    )
    return { features: columns.length, count, knots }
  }

  protected apply(rows: Tensor, { features, count, knots }: Learned): Tensor {
    const table = constant(knots, rows.dtype, [features, count])
    const x = clamp(rows.t(), { min: table.narrow(1, 0, 1), max: table.narrow(1, count - 1, 1) })
    const share = sided(table, x, false)
      .add(sided(table, x, true))
      .mul(0.5 / (count - 1))
      .t()
    if (this.options.output !== "normal") return share
    return erfinv(
      clamp(share, { min: TAIL, max: 1 - TAIL })
        .mul(2)
        .sub(1),
    ).mul(Math.SQRT2)
  }

  protected undo(rows: Tensor, { features, count, knots }: Learned): Tensor {
    const table = constant(knots, rows.dtype, [features, count])
    const normal = this.options.output === "normal"
    const share = normal ? erf(rows.div(Math.SQRT2)).add(1).mul(0.5) : rows
    const place = clamp(share.t(), { min: 0, max: 1 }).mul(count - 1)
    const low = clamp(place.floor(), { min: 0, max: count - 2 })
    const at = low.to("int32")
    const [a, b] = [table.gather(1, at), table.gather(1, at.add(1))]
    return a.add(b.sub(a).mul(place.sub(low))).t()
  }

  protected width({ features }: Learned): number {
    return features
  }
}

/**
 * The place of each value among the knots of its row, with its share of the way between two of them. Where knots are
 * equal, from the left it is the first of them, from the right the last.
 */
function sided(table: Tensor, x: Tensor, right: boolean): Tensor {
  const count = table.shape[1]!
  // From the left: knots[i − 1] < x ≤ knots[i]; from the right: knots[i − 1] ≤ x < knots[i].
  const upper = clamp(searchsorted(table, x.contiguous(), { right }), { min: 1, max: count - 1 })
  const [a, b] = [table.gather(1, upper.sub(1)), table.gather(1, upper)]
  const width = b.sub(a)
  const flat = width.le(0)
  const share = x.sub(a).div(where(flat, 1, width))
  return upper
    .sub(1)
    .to(x.dtype)
    .add(where(flat, right ? 1 : 0, share))
}
