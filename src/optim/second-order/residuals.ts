import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { eq, linalg, mul, realize, reshape, sum, where } from "../../tensor/index.ts"
import type { FlatParameters, Vector } from "./flat.ts"
import { onHost } from "./flat.ts"
import { jacobianOf } from "./matrices.ts"

/** A sum of squares linearised at a point: r + J·d, J in the form of its singular values. */
export interface Linearised {
  /** ½·Σ r² */
  readonly loss: Tensor
  readonly value: number
  /** Jᵀ·r */
  readonly gradient: Vector
  /** What J's columns were divided by before the decomposition. */
  readonly scales: Vector
  /** The largest squared singular value, of the divided J. */
  readonly largestCurvature: number
  /**
   * The d that makes ½·|r + J·d|² + ½·damping·|D·d|² least, D = diag(scales); without damping the shortest such d.
   */
  step(damping: number): Vector
}

export function halfSquares(residuals: Tensor): Tensor {
  return mul(sum(mul(residuals, residuals)), 0.5)
}

/** @param scaled whether the columns of J are divided by their lengths (Marquardt) or by 1 */
export function linearise(
  flat: FlatParameters,
  residuals: Tensor,
  scaled: boolean,
  place: string,
): Linearised {
  if (residuals.numel() === 0) throw withoutResiduals(place)
  const r = reshape(residuals, [residuals.numel()])
  const loss = halfSquares(r)
  const jacobian = jacobianOf(r, flat.params)
  const lengths = linalg.vectorNorm(jacobian, { dim: 0 })
  const divisors = scaled ? where(eq(lengths, 0), 1, lengths) : lengths.mul(0).add(1)
  const [u, s, vh] = linalg.svd(jacobian.div(divisors), { fullMatrices: false })
  const inward = r.matmul(u)
  const gradient = r.matmul(jacobian)
  realize([loss, s, vh, inward, gradient, divisors])
  const [singular, rows, shares, scales] = [s, vh, inward, divisors].map(onHost) as [
    Vector,
    Vector,
    Vector,
    Vector,
  ]
  const least =
    singular[0]! * Math.max(r.numel(), flat.size) * 2 ** (residuals.dtype === "float64" ? -52 : -23)
  const step = (damping: number): Vector => {
    const d = new Float64Array(flat.size)
    singular.forEach((sigma, k) => {
      if (sigma <= least) return
      const factor = (-sigma * shares[k]!) / (sigma * sigma + damping)
      for (let i = 0; i < d.length; i++) d[i] = d[i]! + (factor * rows[k * d.length + i]!) / scales[i]!
    })
    return d
  }
  const largestCurvature = singular[0]! ** 2
  return { loss, value: loss.itemSync(), gradient: onHost(gradient), scales, largestCurvature, step }
}

function withoutResiduals(where: string): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there are no residuals",
    where,
    expected: "a closure that returns the residuals, a tensor of at least one element",
    got: "a tensor without elements",
  })
}
