import { randn, tensor } from "../tensor/index.ts"
import { invalid } from "./check.ts"
import type { QuadraticOptions } from "./quadratic.ts"
import { quadraticForm, quadraticSurface } from "./quadratic.ts"
import type { Surface } from "./surface.ts"

export interface NoisyQuadraticOptions extends QuadraticOptions {
  /** σ ≥ 0, the standard deviation of the noise in each coordinate. Default: 1. */
  readonly noise?: number
}

/**
 * The noisy quadratic model (Schaul et al., arXiv:1206.1106v2; Zhang et al., arXiv:1907.04164v2): each step sees a bowl
 * whose centre is drawn anew, as a batch of samples would give.
 *
 *     f(x; ξ) = ½·(x − ξ)ᵀA(x − ξ),  ξᵢ ~ N(0, σ²)       its mean is ½·xᵀA x up to a constant
 *
 * With A = 1, σ = 1 and a rate η, gradient descent ends in the noise floor E[x²] = η/(2 − η).
 *
 * @throws NABLA_INVALID_ARGUMENT for numbers out of range, or options that contradict each other
 *
 * @example const noisy = surfaces.noisyQuadratic({ curvatures: [1, 1], noise: 0.5 })
 */
export function noisyQuadratic(options: NoisyQuadraticOptions = {}): Surface {
  const { noise = 1, ...shape } = options
  if (!(Number.isFinite(noise) && noise >= 0))
    throw invalid("noisyQuadratic", "noise is no such number", "a finite number ≥ 0", String(noise))
  const form = quadraticForm("noisyQuadratic", shape)
  const surface = quadraticSurface("noisyQuadratic", form)
  return {
    ...surface,
    formula: "½·(x − ξ)ᵀA(x − ξ), ξ drawn anew in each step",
    noisy: (x, generator) => {
      const drawn = randn(x.shape, { generator, dtype: x.dtype })
      return surface.f(x.sub(drawn.mul(tensor(noise, { dtype: x.dtype }))))
    },
  }
}
