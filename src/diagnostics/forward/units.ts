import type { Saturation, Tensor } from "../../tensor/index.ts"
import { ge, le, logicalAnd, logicalNot, logicalOr, mean, mul, square, sub, sum } from "../../tensor/index.ts"

/**
 * The dimension that counts units: channels of images [N, C, H, W], features of [N, D] and of sequences [N, T, D].
 */
export function unitDim(ndim: number): number {
  return ndim === 3 ? 2 : Math.min(1, ndim - 1)
}

/** Number of units of a tensor; 1 for a tensor without dimensions. */
export function unitCount(shape: readonly number[]): number {
  return shape[unitDim(shape.length)] ?? 1
}

/** All dimensions but that of the units. */
function otherDims(ndim: number): number[] {
  return Array.from({ length: ndim }, (_, dim) => dim).filter((dim) => dim !== unitDim(ndim))
}

/**
 * For each unit the share of arguments at which its activation function is not saturated by the function's own
 * definition; a unit with 0 learns nothing from these examples.
 *
 * @returns [units]
 */
export function activeShares(input: Tensor, saturation: Saturation): Tensor {
  const saturated = saturation.map(([from, to]) => inside(input, from, to)).reduce(logicalOr)
  const active = logicalNot(saturated).to(input.dtype)
  const dims = otherDims(input.ndim)
  return (dims.length === 0 ? active : mean(active, dims)).reshape([unitCount(input.shape)])
}

function inside(x: Tensor, from: number, to: number): Tensor {
  if (from === -Infinity) return le(x, to)
  if (to === Infinity) return ge(x, from)
  return logicalAnd(ge(x, from), le(x, to))
}

/** Features that the effective rank looks at, at most: every k-th of more. */
const RANK_FEATURES = 2048

/**
 * How many dimensions the features of a batch really have, as the participation ratio of the eigenvalues λ of their
 * covariance: (Σλ)²/Σλ², between 1 and min(N − 1, D) (Gao et al. 2017, bioRxiv 214262). It needs no eigenvalues: Σλ is
 * the trace of the Gram matrix of the centred rows, Σλ² the sum of its squares.
 *
 * @returns 0-d; NaN when all rows are equal
 */
export function participationRatio(features: Tensor): Tensor {
  const rows = features.shape[0]!
  const flat = features.reshape([rows, features.numel() / rows])
  const stride = Math.ceil(flat.shape[1]! / RANK_FEATURES)
  const some = stride === 1 ? flat : flat.index("...", { step: stride })
  const centred = sub(some, mean(some, [0], { keepdim: true }))
  const gram = centred.matmul(centred.t())
  const trace = sum(square(centred))
  return mul(trace, trace).div(sum(square(gram)))
}
