import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { cat } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import { finiteData } from "./moments.ts"
import { constant, Preprocessing } from "./preprocessing.ts"
import type { FeatureOptions } from "./scaler.ts"
import type { Layout } from "./state.ts"

export interface OneHotEncoderOptions extends FeatureOptions {
  /** Numbers of the features that are categories; the others pass unchanged. Default: all. */
  readonly columns?: readonly number[]
  /** A feature with more different values than this is no category. Default: 1000. */
  readonly maxCategories?: number
}

interface Learned {
  readonly features: number
  /** The values of each category, ascending; none for a feature that passes unchanged. */
  readonly categories: number[][]
}

/**
 * Gives each value of a categorical feature a feature of its own: yₖ = 1 where x is its k-th value, otherwise 0.
 *
 * Shapes: d features → Σ over features of their number of values (1 for one that passes), in the order of the features.
 * A value that the training data did not have becomes all zeros, which `inverse` takes for the first category.
 *
 * @throws NABLA_INVALID_ARGUMENT for columns and options that do not exist; in fit for a feature with more values than
 * maxCategories
 *
 * @example const encoder = await new OneHotEncoder({ columns: [2] }).fit(train)
 */
export class OneHotEncoder extends Preprocessing<Learned> {
  readonly kind = "OneHotEncoder"
  protected readonly layout: Layout = { features: "number", categories: "lists" }
  declare readonly options: OneHotEncoderOptions

  constructor(options: OneHotEncoderOptions = {}) {
    checkNames("OneHotEncoder", options, ["dim", "columns", "maxCategories"])
    checkCount("OneHotEncoder", "maxCategories", options.maxCategories ?? 1)
    for (const column of options.columns ?? []) checkCount("OneHotEncoder", "columns", column, 0)
    super(options, options.dim ?? 1)
  }

  /** The values of each feature, ascending; none for those that pass unchanged. */
  get categories(): readonly (readonly number[])[] {
    return this.learned("look at").categories
  }

  protected async learn(batches: AsyncIterable<Tensor>): Promise<Learned> {
    const { columns } = this.options
    const seen: Set<number>[] = []
    for await (const rows of batches) {
      const d = rows.shape[1]!
      const data = await finiteData(this.kind, rows)
      const wanted = columns ?? [...Array(d).keys()]
      for (const j of wanted) {
        if (j >= d) throw this.refused(`there is no feature ${j}`, `0 … ${d - 1}`, j)
        const values = seen[j] ?? new Set<number>()
        seen[j] = values
        for (let at = j; at < data.length; at += d) this.note(values, data[at]!, j)
      }
      seen.length = d
    }
    const categories = Array.from(seen, (values) => [...(values ?? [])].sort((a, b) => a - b))
    return { features: categories.length, categories }
  }

  private note(values: Set<number>, value: number, feature: number): void {
    // −0 and 0 are one category.
    values.add(value === 0 ? 0 : value)
    const { maxCategories = 1000 } = this.options
    if (values.size <= maxCategories) return
    throw this.refused(
      `feature ${feature} has too many values`,
      `at most ${maxCategories} values`,
      values.size,
    )
  }

  protected apply(rows: Tensor, { categories }: Learned): Tensor {
    const parts = categories.map((values, j) => {
      const column = rows.narrow(1, j, 1)
      return values.length === 0 ? column : column.eq(constant(values, rows.dtype)).to(rows.dtype)
    })
    return cat(parts, 1)
  }

  protected undo(rows: Tensor, { categories }: Learned): Tensor {
    let begin = 0
    const parts = categories.map((values) => {
      const part = rows.narrow(1, begin, Math.max(1, values.length))
      begin += part.shape[1]!
      return values.length === 0
        ? part
        : constant(values, rows.dtype).indexSelect(0, part.argmax(1)).unsqueeze(1)
    })
    return cat(parts, 1)
  }

  protected width({ features, categories }: Learned, after: boolean): number {
    return after ? categories.reduce((sum, values) => sum + Math.max(1, values.length), 0) : features
  }

  private refused(message: string, expected: string, got: number): NablaError {
    return new NablaError("NABLA_INVALID_ARGUMENT", { message, expected, got: String(got), where: this.kind })
  }
}
