import { erf, NablaError } from "../../base/index.ts"
import type { Generator, RandomOptions, Tensor } from "../../tensor/index.ts"
import { clamp, erfinv, noGrad, rand, randn } from "../../tensor/index.ts"
import { assign } from "../assign.ts"

/**
 * Initialisers give a tensor new values and return it; the trailing underscore says so. They draw from the default
 * generator (see manualSeed) unless one is given.
 */
export interface InitOptions {
  readonly generator?: Generator
}

export function randomOptions({ dtype }: Tensor, { generator }: InitOptions): RandomOptions {
  return generator === undefined ? { dtype } : { dtype, generator }
}

/** Options of a caller with nothing else than the generator. */
export function onlyGenerator({ generator }: InitOptions): InitOptions {
  return generator === undefined ? {} : { generator }
}

export interface UniformOptions extends InitOptions {
  /** Lower bound. Default: 0. */
  readonly a?: number
  /** Upper bound. Default: 1. */
  readonly b?: number
}

/** Uniform on [a, b). */
export function uniform_(tensor: Tensor, { a = 0, b = 1, ...options }: UniformOptions = {}): Tensor {
  return noGrad(() => {
    const u = rand(tensor.shape, randomOptions(tensor, options))
    return assign(tensor, u.mul(b - a).add(a))
  })
}

/** Uniform on ±bound. */
export function symmetric_(tensor: Tensor, bound: number, options: InitOptions): Tensor {
  return uniform_(tensor, { a: -bound, b: bound, ...onlyGenerator(options) })
}

export interface NormalOptions extends InitOptions {
  /** Default: 0. */
  readonly mean?: number
  /** Default: 1. */
  readonly std?: number
}

/** Normal with the given mean and standard deviation. */
export function normal_(tensor: Tensor, { mean = 0, std = 1, ...options }: NormalOptions = {}): Tensor {
  return noGrad(() => {
    const z = randn(tensor.shape, randomOptions(tensor, options))
    return assign(tensor, z.mul(std).add(mean))
  })
}

export interface TruncNormalOptions extends NormalOptions {
  /** Least value. Default: -2. */
  readonly a?: number
  /** Largest value. Default: 2. */
  readonly b?: number
}

/** Share of a standard normal distribution below x. */
const shareBelow = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2

/**
 * Normal with the given mean and standard deviation, without what lies outside of [a, b]. The bounds are values, not
 * multiples of std; the standard deviation of what is left is smaller than std.
 *
 * x = mean + std·Φ⁻¹(u), with u uniform on [Φ((a − mean)/std), Φ((b − mean)/std))
 *
 * @throws NABLA_INVALID_ARGUMENT when nothing lies between the bounds
 *
 * @example nn.init.truncNormal_(zeros([3, 3]), { std: 0.02, a: -0.04, b: 0.04 })
 */
export function truncNormal_(tensor: Tensor, options: TruncNormalOptions = {}): Tensor {
  const { mean = 0, std = 1, a = -2, b = 2, ...rest } = options
  const [low, high] = [shareBelow((a - mean) / std), shareBelow((b - mean) / std)]
  if (!(low < high)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "nothing of the distribution lies between the bounds",
      where: "truncNormal_",
      expected: "std > 0, a < b, and bounds that are not far from the mean",
      got: `mean ${mean}, std ${std}, a ${a}, b ${b}`,
    })
  }
  return noGrad(() => {
    // In doubles: the quantiles near the ends need more digits than a float has.
    const u = rand(tensor.shape, { ...randomOptions(tensor, rest), dtype: "float64" })
    const centred = u.mul(2 * (high - low)).add(2 * low - 1)
    const x = erfinv(centred)
      .mul(std * Math.SQRT2)
      .add(mean)
    return assign(tensor, clamp(x, { min: a, max: b }).to(tensor.dtype))
  })
}
