import type { AnyModule } from "../../nn/index.ts"

/** How far the units of a layer are apart. */
export interface UnitSymmetry {
  /** Path of the weight. */
  readonly path: string
  readonly units: number
  /** Units with weights (and bias) of their own; the others are copies, and stay copies. */
  readonly distinct: number
  /** Largest difference between two units in any one weight; 0 when all units are equal. */
  readonly spread: number
}

/**
 * Units of one layer with exactly equal weights and bias get equal gradients, so that they stay equal for good and the
 * layer is as wide as its distinct units.
 *
 * @returns for each weight of at least two dimensions with more than one unit (row)
 *
 * @example (await unitSymmetry(model)).filter(({ distinct }) => distinct === 1)
 */
export async function unitSymmetry(model: AnyModule): Promise<UnitSymmetry[]> {
  const parameters = new Map(model.namedParameters())
  const found: UnitSymmetry[] = []
  for (const [path, weight] of parameters) {
    const units = weight.shape[0] ?? 0
    if (weight.ndim < 2 || units < 2) continue
    const bias = parameters.get(path.replace(/weight$/, "bias"))
    const ownBias = bias !== weight && bias?.numel() === units ? await bias.data() : null
    const values = await weight.data()
    const width = values.length / units
    const rows = Array.from({ length: units }, (_, u) => [
      ...values.subarray(u * width, (u + 1) * width),
      ...(ownBias === null ? [] : [ownBias[u]!]),
    ])
    const spreads = rows[0]!.map((_, c) => {
      const column = rows.map((row) => row[c]!)
      return column.reduce((a, b) => Math.max(a, b)) - column.reduce((a, b) => Math.min(a, b))
    })
    const distinct = new Set(rows.map((row) => row.join())).size
    found.push({ path, units, distinct, spread: spreads.reduce((a, b) => Math.max(a, b), 0) })
  }
  return found
}
