import type { Tensor } from "../../tensor/index.ts"
import { add, clamp, div, maximum, minimum, mul, sqrt, sum } from "../../tensor/index.ts"
import type { GradientTransform } from "../transform.ts"
import { stateless } from "../transform.ts"
import type { Changeable } from "./basic.ts"
import { readingOf } from "./basic.ts"

/** u = g held between −limit and limit, element by element. */
export function clip(limit: Changeable): GradientTransform {
  const reading = readingOf(limit)
  return stateless((updates, _, { scalar }) => {
    const [low, high] = [scalar(() => -reading()), scalar(reading)]
    return updates.map((g) => minimum(maximum(g, low), high))
  })
}

/**
 * u = g·min(1, maxNorm/(|g| + 1e-6)), |g| the 2-norm of all gradients of the group together (Pascanu et al.,
 * arXiv:1211.5063v2). For the norm over all groups use clipGradNorm_ before the step.
 */
export function clipByGlobalNorm(maxNorm: Changeable): GradientTransform {
  return stateless((updates, _, { scalar }) => {
    const squares = updates.map((g) => sum(mul(g, g)))
    const norm = sqrt(squares.reduce((total, square) => add(total, square)))
    const factor = clamp(div(scalar(readingOf(maxNorm)), add(norm, 1e-6)), { max: 1 })
    return updates.map((g) => mul(g, factor))
  })
}

export interface AdaptiveClipOptions {
  /** λ, the largest allowed |g|/|θ|. Default: 0.01. */
  readonly clipping?: number
  /** The least |θ| that counts, so that weights at 0 can move. Default: 1e-3. */
  readonly eps?: number
}

/**
 * Adaptive clipping (Brock et al., arXiv:2102.06171v1): u = g·min(1, λ·max(|θ|, eps)/|g|), with norms of units: the rows
 * of a matrix, the filters of a convolution, a vector as a whole.
 */
export function adaptiveClip(options: AdaptiveClipOptions = {}): GradientTransform {
  return stateless((updates, params, { scalar }) => {
    const clipping = scalar(() => options.clipping ?? 0.01)
    const eps = scalar(() => options.eps ?? 1e-3)
    return updates.map((g, i) => {
      const limit = mul(maximum(unitNorm(params[i]!), eps), clipping)
      return mul(g, clamp(div(limit, clamp(unitNorm(g), { min: 1e-6 })), { max: 1 }))
    })
  })
}

/** The norm of each unit, with the tensor's rank. */
function unitNorm(x: Tensor): Tensor {
  if (x.ndim === 0) return sqrt(mul(x, x))
  const dims = Array.from({ length: x.ndim }, (_, i) => i).slice(x.ndim === 1 ? 0 : 1)
  return sqrt(sum(mul(x, x), dims, { keepdim: true }))
}
