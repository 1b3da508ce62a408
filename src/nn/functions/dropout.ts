import type { Shape } from "../../base/index.ts"
import { formatShape, isFloating, NablaError } from "../../base/index.ts"
import type { Generator, RandomOptions, Tensor } from "../../tensor/index.ts"
import { add, bernoulliLike, composed, dropoutMask, mul, ones, sub } from "../../tensor/index.ts"

export interface DropoutOptions {
  /** Probability of an element, or of a channel, to be dropped. Default: 0.5. */
  readonly p?: number
  /** Draws from this generator instead of the default one. */
  readonly generator?: Generator
}

export interface DropoutCallOptions extends DropoutOptions {
  /** Otherwise the input passes unchanged. Default: true. */
  readonly training?: boolean
}

/** Which elements are dropped together: those for which the result of this shape has one entry. */
type SharedShape = (shape: Shape) => Shape

const each: SharedShape = (shape) => shape

/** Whether anything is to be dropped; `where` for errors. */
function drops(where: string, input: Tensor, { p = 0.5, training = true }: DropoutCallOptions): boolean {
  if (!(p >= 0 && p <= 1)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "p is no probability",
      where,
      expected: "0 ≤ p ≤ 1",
      got: String(p),
    })
  }
  if (!isFloating(input.dtype)) {
    throw new NablaError("NABLA_INVALID_DTYPE", {
      message: "what is left is scaled, which whole numbers cannot be",
      where,
      expected: "float32 or float64",
      got: input.dtype,
    })
  }
  return training && p > 0
}

function randomOptions(input: Tensor, { generator }: DropoutOptions): RandomOptions {
  return generator === undefined ? { dtype: input.dtype } : { dtype: input.dtype, generator }
}

function plain(where: string, input: Tensor, options: DropoutCallOptions, shared: SharedShape): Tensor {
  if (!drops(where, input, options)) return input
  const mask = dropoutMask(shared(input.shape), options.p ?? 0.5, randomOptions(input, options))
  return mul(input, mask)
}

/** The limit of selu for x → −∞: what a dropped unit is set to. */
const SELU_LIMIT = -1.7580993408473766

/** Keeps mean 0 and variance 1: x·a + b, with the dropped ones at the limit of selu. */
function alpha(where: string, input: Tensor, options: DropoutCallOptions, shared: SharedShape): Tensor {
  if (!drops(where, input, options)) return input
  const { p = 0.5 } = options
  if (p === 1) return mul(input, 0)
  const like = ones(shared(input.shape), { dtype: input.dtype })
  const kept = bernoulliLike(like, 1 - p, randomOptions(input, options))
  const a = 1 / Math.sqrt((1 - p) * (1 + p * SELU_LIMIT ** 2))
  const b = -a * p * SELU_LIMIT
  const dropped = mul(sub(1, kept), a * SELU_LIMIT)
  return add(mul(input, mul(kept, a)), add(dropped, b))
}

/** One entry for each channel of [N, C, …]. */
const perChannel: SharedShape = ([n, c, ...rest]) => [n!, c!, ...rest.map(() => 1)]

/** The same, for images that may come without the batch. */
function perChannelOf(where: string, spatial: number): SharedShape {
  return (shape) => {
    if (shape.length === spatial + 2) return perChannel(shape)
    if (shape.length === spatial + 1) return [shape[0]!, ...shape.slice(1).map(() => 1)]
    const names = ["L", "H, W", "D, H, W"][spatial - 1]
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the input has the wrong number of dimensions",
      where,
      expected: `[N, C, ${names}] or [C, ${names}]`,
      got: formatShape(shape),
    })
  }
}

/**
 * Sets elements to 0 with probability p and scales the others by 1/(1 − p).
 *
 * @throws NABLA_INVALID_ARGUMENT when p is no probability
 */
export const dropout = composed("dropout", (input: Tensor, options: DropoutCallOptions = {}): Tensor => {
  return plain("dropout", input, options, each)
})

/** dropout of whole channels of [N, C, L] or [C, L]. */
export const dropout1d = composed("dropout1d", (input: Tensor, options: DropoutCallOptions = {}): Tensor => {
  return plain("dropout1d", input, options, perChannelOf("dropout1d", 1))
})

/** dropout of whole channels of [N, C, H, W]; with three dimensions of [N, C, L], as in PyTorch. */
export const dropout2d = composed("dropout2d", (input: Tensor, options: DropoutCallOptions = {}): Tensor => {
  return plain("dropout2d", input, options, input.ndim === 3 ? perChannel : perChannelOf("dropout2d", 2))
})

/** dropout of whole channels of [N, C, D, H, W] or [C, D, H, W]. */
export const dropout3d = composed("dropout3d", (input: Tensor, options: DropoutCallOptions = {}): Tensor => {
  return plain("dropout3d", input, options, perChannelOf("dropout3d", 3))
})

/** dropout that keeps mean 0 and variance 1, for networks of selu: dropped elements get its limit, −1.7581. */
export const alphaDropout = composed(
  "alphaDropout",
  (input: Tensor, options: DropoutCallOptions = {}): Tensor => {
    return alpha("alphaDropout", input, options, each)
  },
)

/** alphaDropout of whole channels of [N, C, …]. */
export const featureAlphaDropout = composed(
  "featureAlphaDropout",
  (input: Tensor, options: DropoutCallOptions = {}): Tensor => {
    if (input.ndim >= 2) return alpha("featureAlphaDropout", input, options, perChannel)
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "there are no channels",
      where: "featureAlphaDropout",
      expected: "[N, C, …]",
      got: formatShape(input.shape),
    })
  },
)
