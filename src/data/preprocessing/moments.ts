import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"

/** Mean and variance of each feature; the variance divides by n. */
export interface Moments {
  readonly count: number
  readonly mean: number[]
  readonly variance: number[]
}

/** Smallest and largest value of each feature. */
export interface Extremes {
  readonly least: number[]
  readonly most: number[]
}

/**
 * Mean and variance of each column, in one pass over batches [n, d] of doubles.
 *
 * Each batch has its own mean and sum of squares about it, and two parts combine as δ = mean_b − mean_a,
 * mean = mean_a + δ·n_b/n, M₂ = M₂a + M₂b + δ²·n_a·n_b/n: no cancellation, however far the data are from 0.
 *
 * Chan, Golub & LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
 */
export async function columnMoments(where: string, batches: AsyncIterable<Tensor>): Promise<Moments> {
  let count = 0
  let mean = new Float64Array(0)
  let squares = new Float64Array(0)
  for await (const rows of batches) {
    const [n, d] = rows.shape as [number, number]
    const data = await finiteData(where, rows)
    if (count === 0) [mean, squares] = [new Float64Array(d), new Float64Array(d)]
    const own = columnMeans(data, n, d)
    const total = count + n
    for (let j = 0; j < d; j++) {
      let sum = 0
      for (let at = j; at < data.length; at += d) sum += (data[at]! - own[j]!) ** 2
      const delta = own[j]! - mean[j]!
      squares[j]! += sum + (delta * delta * count * n) / total
      mean[j]! += (delta * n) / total
    }
    count = total
  }
  return { count, mean: [...mean], variance: Array.from(squares, (value) => value / count) }
}

/** Smallest and largest value of each column. */
export async function columnExtremes(where: string, batches: AsyncIterable<Tensor>): Promise<Extremes> {
  let least: number[] | null = null
  let most: number[] = []
  for await (const rows of batches) {
    const d = rows.shape[1]!
    const data = await finiteData(where, rows)
    least ??= new Array<number>(d).fill(Infinity)
    if (most.length === 0) most = new Array<number>(d).fill(-Infinity)
    for (let at = 0; at < data.length; at++) {
      const j = at % d
      if (data[at]! < least[j]!) least[j] = data[at]!
      if (data[at]! > most[j]!) most[j] = data[at]!
    }
  }
  return { least: least ?? [], most }
}

/** Mean [d] and covariance [d, d], row by row, which divides by n. */
export interface Covariance {
  readonly mean: Float64Array
  readonly covariance: Float64Array
}

/** As {@link columnMoments}, with the products of all pairs of columns; these are computed on the device. */
export async function covarianceOf(where: string, batches: AsyncIterable<Tensor>): Promise<Covariance> {
  let count = 0
  let mean = new Float64Array(0)
  let products = new Float64Array(0)
  for await (const rows of batches) {
    const [n, d] = rows.shape as [number, number]
    const own = columnMeans(await finiteData(where, rows), n, d)
    const centred = rows.sub(rows.mean(0))
    const scatter = await centred.t().matmul(centred).data()
    if (count === 0) [mean, products] = [new Float64Array(d), new Float64Array(d * d)]
    const total = count + n
    const delta = own.map((value, j) => value - mean[j]!)
    for (let i = 0; i < d; i++) {
      const weight = (delta[i]! * count * n) / total
      for (let j = 0; j < d; j++) products[i * d + j]! += scatter[i * d + j]! + weight * delta[j]!
    }
    for (let j = 0; j < d; j++) mean[j]! += (delta[j]! * n) / total
    count = total
  }
  return { mean, covariance: products.map((value) => value / count) }
}

function columnMeans(data: ArrayLike<number>, n: number, d: number): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(d)
  for (let at = 0; at < data.length; at += d) for (let j = 0; j < d; j++) sums[j]! += data[at + j]!
  return sums.map((sum) => sum / n)
}

/** The values of rows [n, d]. @throws NABLA_NON_FINITE naming the first feature with NaN or ±∞ */
export async function finiteData(where: string, rows: Tensor): Promise<Float64Array> {
  const data = (await rows.data()) as Float64Array
  for (let at = 0; at < data.length; at++) {
    if (Number.isFinite(data[at])) continue
    throw new NablaError("NABLA_NON_FINITE", {
      message: `feature ${at % rows.shape[1]!} has a value that is no finite number`,
      got: String(data[at]),
      where,
      hint: "put an Imputer before it, which fills in missing values",
    })
  }
  return data
}
