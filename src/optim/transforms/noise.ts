import { add, Generator, mul, randn } from "../../tensor/index.ts"
import type { GradientTransform } from "../transform.ts"
import { perParameter } from "../transform.ts"

export interface NoiseOptions {
  /** η, the variance of the first step's noise. Default: 0.01. */
  readonly eta?: number
  /** γ, how fast the variance falls. Default: 0.55. */
  readonly gamma?: number
  /** Default: a generator of its own with the seed 0. */
  readonly generator?: Generator
}

/**
 * Gradient noise (Neelakantan et al., arXiv:1511.06807v1): u = g + N(0, σ²), σ² = η/(1 + t)^γ, t the number of steps made
 * before.
 */
export function addNoise(options: NoiseOptions = {}): GradientTransform {
  const { eta = 0.01, gamma = 0.55, generator = new Generator(0) } = options
  return perParameter({
    state: [],
    init: () => ({}),
    numbers: ({ scalar }, step) => scalar(() => Math.sqrt(eta / step() ** gamma)),
    update: (g, state, deviation) => {
      const noise = randn(g.shape, { dtype: g.dtype, generator })
      return [add(g, mul(noise, deviation)), state]
    },
  })
}
