import { Random } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"

/** Values that a sample holds at most: 128 MiB. */
const LARGEST = 2 ** 24

export interface SampleOptions {
  /** Rows that quantiles are taken from; of more data a random sample of this size. Default: 65536. */
  readonly sampleSize?: number
  /** Draws the sample. Default: 0. */
  readonly seed?: number
}

/**
 * The columns of a uniform random sample of all rows, each in ascending order: all values where there are no more rows
 * than `sampleSize`. NaN is left out.
 *
 * Vitter, "Random sampling with a reservoir" (1985), algorithm R.
 *
 * @param read the values of a batch
 */
export async function sampleColumns(
  batches: AsyncIterable<Tensor>,
  { sampleSize, seed }: Required<SampleOptions>,
  read: (rows: Tensor) => Promise<ArrayLike<number>>,
): Promise<Float64Array[]> {
  const random = new Random(seed)
  const kept: Float64Array[] = []
  let count = 0
  for await (const rows of batches) {
    const [n, d] = rows.shape as [number, number]
    const data = await read(rows)
    const most = Math.max(1, Math.min(sampleSize, Math.floor(LARGEST / d)))
    for (let i = 0; i < n; i++, count++) {
      const place = count < most ? count : random.integer(count + 1)
      if (place >= most) continue
      kept[place] ??= new Float64Array(d)
      for (let j = 0; j < d; j++) kept[place]![j] = data[i * d + j]!
    }
  }
  const width = kept[0]?.length ?? 0
  return Array.from({ length: width }, (_, j) =>
    Float64Array.from(kept, (row) => row[j]!)
      .filter((value) => !Number.isNaN(value))
      .sort(),
  )
}

/** The q-quantile of ascending values, linear between neighbours; NaN of nothing. */
export function quantileOf(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1)
  const low = Math.floor(at)
  const [a, b] = [sorted[low], sorted[Math.min(low + 1, sorted.length - 1)]]
  return a === undefined || b === undefined ? Number.NaN : a + (b - a) * (at - low)
}
