import type { Tensor } from "../../tensor/index.ts"
import { linalg, mean, sub } from "../../tensor/index.ts"

/**
 * κ = λmax/λmin of the Hessian of least squares, Σ xxᵀ/n, by what is done to the features: gradient descent takes about
 * κ·ln(1/ε) steps for a precision ε. Infinity for features that depend on each other exactly.
 */
export interface Conditioning {
  readonly raw: number
  /** Means subtracted. */
  readonly centred: number
  /** Deviations divided by as well: κ of the correlations. */
  readonly standardised: number
  /** PCA or ZCA: 1 by construction, unless features depend on each other. */
  readonly whitened: number
  /** λmax of Σxxᵀ/n as the data are and centred: what bounds the rate of gradient descent. */
  readonly largest: { readonly raw: number; readonly centred: number }
}

/** Relative to the largest eigenvalue, what double precision cannot tell from 0. */
const NOTHING = 1e-13

/** @param rows [examples, features], float64, without constant features */
export async function conditioning(rows: Tensor): Promise<Conditioning> {
  const centred = sub(rows, mean(rows, [0], { keepdim: true }))
  const deviations = mean(centred.square(), [0], { keepdim: true }).sqrt()
  const [raw, covariance, correlation] = await Promise.all(
    [rows, centred, centred.div(deviations)].map((x) => conditionOf(x)),
  )
  return {
    raw: raw!.condition,
    centred: covariance!.condition,
    standardised: correlation!.condition,
    whitened: Number.isFinite(covariance!.condition) ? 1 : Infinity,
    largest: { raw: raw!.most, centred: covariance!.most },
  }
}

async function conditionOf(x: Tensor): Promise<{ condition: number; most: number }> {
  const values = await linalg.eigvalsh(x.t().matmul(x).div(x.shape[0]!)).data()
  const [least, most] = [values[0]!, values.at(-1)!]
  return { condition: least <= most * NOTHING ? Infinity : most / least, most }
}
