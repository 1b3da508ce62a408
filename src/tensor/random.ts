import type { DType, Shape } from "../base/index.ts"
import { broadcastShapes, checkShape, formatShape, isFloating, NablaError } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import * as ops from "../ops/index.ts"
import { requireTensor, resultType, scalarNode, toNode } from "./arguments.ts"
import { composed } from "./composed.ts"
import type { TensorOptions } from "./creation.ts"
import { exactExp, exactLog, exactLogBelowOne, normalQuantile } from "./exact-math.ts"
import type { Generator } from "./generator.ts"
import { defaultGenerator } from "./generator.ts"
import type { TensorLike } from "./tensor.ts"
import { nodeOf, Tensor, wrap } from "./tensor.ts"

export interface RandomOptions extends TensorOptions {
  readonly generator?: Generator | undefined
}

/** Random numbers are made as doubles and rounded at the end, so that every device rounds once and alike. */
function finish(node: Node, { dtype = "float32", requiresGrad }: TensorOptions): Tensor {
  const t = wrap(ops.cast(node, dtype))
  return requiresGrad ? t.requiresGrad_() : t
}

function bits(shape: Shape, { generator = defaultGenerator }: RandomOptions): Node {
  return generator.bits(shape)
}

const number = (like: Node, value: number): Node => ops.constantLike(like, value)

/** Uniform on [0, 1): multiples of 2⁻²⁴, all exact in float32; for float64 of 2⁻⁵³. */
function uniform01(shape: Shape, options: RandomOptions): Node {
  if (options.dtype === "float64") return ops.scale(longWord(shape, options, 27), 2 ** -53)
  const words = bits(shape, options)
  return ops.scale(ops.cast(ops.shiftRight(words, number(words, 8)), "float32"), 2 ** -24)
}

/** Whole numbers of 26 + `low` bits, as doubles. */
function longWord(shape: Shape, options: RandomOptions, low: number): Node {
  const words = bits([...shape, 2], options)
  const part = (i: number, width: number): Node => {
    const word = ops.reshape(ops.sliceDim(words, shape.length, i, 1), shape)
    return ops.cast(ops.shiftRight(word, number(word, 32 - width)), "float64")
  }
  return ops.add(ops.scale(part(0, 26), 2 ** low), part(1, low))
}

/** Uniform on the open interval (0, 1), as doubles: 32 bits for results in float32, 52 for float64. */
function uniformOpen(shape: Shape, options: RandomOptions): Node {
  const long = options.dtype === "float64"
  const whole = long ? longWord(shape, options, 26) : ops.cast(bits(shape, options), "float64")
  return ops.scale(ops.add(whole, number(whole, long ? 0.5 : 2 ** 31 + 0.5)), long ? 2 ** -52 : 2 ** -32)
}

/** Uniform on [0, 1). */
export const rand = composed("rand", (shape: Shape, options: RandomOptions = {}): Tensor => {
  checkShape(shape, "rand")
  return finish(uniform01(shape, options), options)
})

/** Standard normal, by the quantile function of a uniform number. */
export const randn = composed("randn", (shape: Shape, options: RandomOptions = {}): Tensor => {
  checkShape(shape, "randn")
  return finish(normalQuantile(uniformOpen(shape, options)), options)
})

/** Whole numbers low … high - 1, as int32. */
export const randint = composed(
  "randint",
  (low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor => {
    checkShape(shape, "randint")
    if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "randint needs a range of whole numbers",
        where: "randint",
        expected: "whole numbers low < high",
        got: `${low} and ${high}`,
      })
    }
    const u = uniformOpen(shape, { generator: options.generator })
    const range = ops.expand(scalarNode(high - low, "float64"), shape)
    const value = ops.add(ops.floor(ops.mul(u, range)), ops.expand(scalarNode(low, "float64"), shape))
    return finish(value, { dtype: "int32", ...options })
  },
)

/** Uniform on [low, high). */
export const uniform = composed(
  "uniform",
  (low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor => {
    checkShape(shape, "uniform")
    const u = ops.cast(uniform01(shape, options), "float64")
    const range = ops.expand(scalarNode(high - low, "float64"), shape)
    return finish(ops.add(ops.mul(u, range), ops.expand(scalarNode(low, "float64"), shape)), options)
  },
)

/** Parameters of a distribution as doubles of one shape, and the type of the result. */
function parameters(
  where: string,
  args: readonly TensorLike[],
  shape: Shape | undefined,
  dtype: DType | undefined,
): { nodes: Node[]; shape: Shape; dtype: DType } {
  const own = args.some((arg) => arg instanceof Tensor) ? resultType(...args) : "float32"
  const nodes = args.map((arg) => toNode(arg, "float64"))
  const joint = nodes.map((node) => node.shape).reduce((a, b) => broadcastShapes(a, b, where))
  const wanted = shape ?? joint
  checkShape(wanted, where)
  if (formatShape(broadcastShapes(joint, wanted, where)) !== formatShape(wanted)) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the parameters do not broadcast to the shape asked for",
      where,
      expected: formatShape(wanted),
      got: formatShape(joint),
    })
  }
  return {
    nodes: nodes.map((node) => ops.expand(node, wanted)),
    shape: wanted,
    dtype: dtype ?? (isFloating(own) ? own : "float32"),
  }
}

/**
 * Normal, mean + std·z with z standard normal. Without a shape: that of the parameters. Mean and std get the derivative
 * of this formula.
 */
export const normal = composed(
  "normal",
  (mean: TensorLike, std: TensorLike = 1, shape?: Shape, options: RandomOptions = {}): Tensor => {
    const given = parameters("normal", [mean, std], shape, options.dtype)
    const own = { ...options, dtype: given.dtype }
    const [m, s] = given.nodes
    return finish(ops.add(m!, ops.mul(s!, normalQuantile(uniformOpen(given.shape, own)))), own)
  },
)

/**
 * Exponential with density rate·e^(−rate·x): −ln(u)/rate with u uniform. Without a shape: that of the rate, which gets
 * the derivative of this formula.
 */
export const exponential = composed(
  "exponential",
  (rate: TensorLike = 1, shape?: Shape, options: RandomOptions = {}): Tensor => {
    const given = parameters("exponential", [rate], shape, options.dtype)
    const own = { ...options, dtype: given.dtype }
    const u = uniformOpen(given.shape, own)
    return finish(ops.neg(ops.div(exactLogBelowOne(u), given.nodes[0]!)), own)
  },
)

/** Proposals for each gamma number. One is accepted with probability ≥ 0.951, all are rejected once in 10^10. */
const ROUNDS = 8

/**
 * Gamma with density ∝ x^(concentration − 1)·e^(−rate·x). Without a shape: that of the parameters. The rate gets the
 * derivative of x/rate, the concentration none.
 *
 * Marsaglia & Tsang (2000), with a fixed number of proposals instead of a loop: the first of 8 that is accepted.
 */
export const gamma = composed(
  "gamma",
  (concentration: TensorLike, rate: TensorLike = 1, shape?: Shape, options: RandomOptions = {}): Tensor => {
    const given = parameters("gamma", [concentration, rate], shape, options.dtype)
    const own = { ...options, dtype: given.dtype }
    const [a, b] = given.nodes
    return finish(ops.div(standardGamma(ops.detach(a!), own), b!), own)
  },
)

function standardGamma(concentration: Node, options: RandomOptions): Node {
  // Below 1 from one higher: Γ(a) is Γ(a + 1)·u^(1/a) in law.
  const { shape } = concentration
  const one = number(concentration, 1)
  const small = ops.lt(concentration, one)
  const a = ops.where(small, ops.add(concentration, one), concentration)
  const d = ops.sub(a, number(a, 1 / 3))
  const cube = firstAccepted(d, options)
  const u = uniformOpen(shape, options)
  const power = exactExp(ops.div(exactLogBelowOne(u), concentration))
  const value = ops.mul(d, cube)
  return ops.where(small, ops.mul(value, power), value)
}

/** v = (1 + z/√(9d))³ from the first proposal with ln u < ½·z² + d·(1 − v + ln v). */
function firstAccepted(d: Node, options: RandomOptions): Node {
  const shape = [ROUNDS, ...d.shape]
  const spread = ops.expand(d, shape)
  const z = normalQuantile(uniformOpen(shape, options))
  const u = uniformOpen(shape, options)
  const one = number(z, 1)
  const root = ops.add(one, ops.div(z, ops.sqrt(ops.scale(spread, 9))))
  const positive = ops.gt(root, number(root, 0))
  const base = ops.where(positive, root, one)
  const v = ops.mul(base, ops.mul(base, base))
  const slack = ops.add(ops.sub(one, v), exactLog(v))
  const limit = ops.add(ops.scale(ops.mul(z, z), 0.5), ops.mul(spread, slack))
  const accepted = ops.and(positive, ops.lt(exactLogBelowOne(u), limit))
  const round = ops.argmax(ops.cast(accepted, "int32"), [0])
  const at = d.shape.map((_, i) => i)
  return ops.gather(v, [round], {
    table: shape,
    picked: d.shape,
    sources: [
      { kind: "tensor", tensor: 0, at },
      ...at.map((dim) => ({ kind: "slice", dim, start: 0, step: 1 }) as const),
    ],
  })
}

/** True with a probability: the threshold is a number beside the graph, so that another one is no other kernel. */
function happens(p: number, shape: Shape, options: RandomOptions): Node {
  if (!(p >= 0 && p <= 1)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a probability lies between 0 and 1",
      where: "bernoulli",
      expected: "0 ≤ p ≤ 1",
      got: String(p),
    })
  }
  if (p === 1) return ops.constant(1, shape, "bool")
  const threshold = scalarNode(Math.round(p * 2 ** 32) - 2 ** 31, "int32")
  return ops.lt(bits(shape, options), ops.expand(threshold, shape))
}

/** 1 with the probability that each element gives, otherwise 0; in the type of the probabilities. */
export const bernoulli = composed("bernoulli", (input: Tensor, options: RandomOptions = {}): Tensor => {
  requireTensor(input, "bernoulli")
  const p = ops.cast(nodeOf(input), "float64")
  const u = uniformOpen(input.shape, { ...options, dtype: "float32" })
  return finish(ops.lt(u, p), { dtype: input.dtype, ...options })
})

/** 1 with probability p, otherwise 0, in the shape and type of a tensor. */
export const bernoulliLike = composed(
  "bernoulliLike",
  (input: Tensor, p = 0.5, options: RandomOptions = {}): Tensor => {
    return finish(happens(p, input.shape, options), { dtype: input.dtype, ...options })
  },
)

/** What dropout multiplies by: 0 with probability p, otherwise 1/(1 − p), so that the expectation stays. */
export const dropoutMask = composed(
  "dropoutMask",
  (shape: Shape, p: number, options: RandomOptions = {}): Tensor => {
    checkShape(shape, "dropoutMask")
    const dtype = options.dtype ?? "float32"
    if (p === 1) return wrap(ops.constant(0, shape, dtype))
    const kept = happens(1 - p, shape, options)
    const scale = ops.expand(scalarNode(1 / (1 - p), dtype), shape)
    return finish(ops.where(kept, scale, number(scale, 0)), { ...options, dtype })
  },
)

/** A random order of 0 … n - 1, as int32: the order of n random doubles. */
export const randperm = composed("randperm", (n: number, options: RandomOptions = {}): Tensor => {
  checkShape([n], "randperm")
  const keys = longWord([n], { generator: options.generator }, 27)
  return finish(ops.argsort(keys, 0), { dtype: "int32", ...options })
})

export interface MultinomialOptions {
  /** Whether a class can be drawn more than once (default false). */
  readonly replacement?: boolean
  readonly generator?: Generator | undefined
}

/**
 * Class numbers drawn with the weights in each row of the input, [n] or [rows, n], as int32 [numSamples] or [rows,
 * numSamples]. The weights need not add up to 1.
 *
 * With replacement by the inverse of the distribution function; without it by a race: class i ends after an exponential
 * time of rate wᵢ, and the first ones to end are drawn.
 */
export const multinomial = composed(
  "multinomial",
  (input: Tensor, numSamples: number, options: MultinomialOptions = {}): Tensor => {
    const { replacement = false, generator } = options
    const classes = input.shape.at(-1) ?? 0
    const fits = input.ndim === 1 || input.ndim === 2
    const most = replacement && classes > 0 ? Infinity : classes
    if (!fits || !Number.isInteger(numSamples) || numSamples < 1 || numSamples > most) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "that many samples cannot be drawn",
        where: "multinomial",
        expected: `weights [n] or [rows, n], and 1 to ${most} samples`,
        got: `weights ${formatShape(input.shape)}, ${numSamples} samples`,
      })
    }
    const weights = ops.detach(ops.cast(nodeOf(input), "float64"))
    const draw: RandomOptions = { generator, dtype: "float64" }
    return wrap(replacement ? inverse(weights, numSamples, draw) : race(weights, numSamples, draw))
  },
)

function race(weights: Node, samples: number, options: RandomOptions): Node {
  const last = weights.shape.length - 1
  const times = ops.div(ops.neg(exactLogBelowOne(uniformOpen(weights.shape, options))), weights)
  return ops.sliceDim(ops.argsort(times, last), last, 0, samples)
}

/** The number of classes whose cumulated weight is not above u·(sum of the weights). */
function inverse(weights: Node, samples: number, options: RandomOptions): Node {
  const last = weights.shape.length - 1
  const rows = weights.shape.slice(0, -1)
  const classes = weights.shape[last]!
  const cumulated = ops.cumsum(weights, last)
  const total = ops.sliceDim(cumulated, last, classes - 1, 1)
  const u = uniformOpen([...rows, samples], options)
  const level = ops.mul(u, ops.expand(total, u.shape))
  const grid = [...rows, samples, classes]
  const below = ops.le(
    ops.expand(ops.reshape(cumulated, [...rows, 1, classes]), grid),
    ops.expand(ops.reshape(level, [...rows, samples, 1]), grid),
  )
  const counted = ops.sum(below, [grid.length - 1])
  return ops.minimum(counted, number(counted, classes - 1))
}

/** Uniform on [0, 1) in the shape and type of a tensor. */
export const randLike = composed("randLike", (input: Tensor, options: RandomOptions = {}): Tensor => {
  return rand(input.shape, { dtype: input.dtype, ...options })
})

/** Standard normal in the shape and type of a tensor. */
export const randnLike = composed("randnLike", (input: Tensor, options: RandomOptions = {}): Tensor => {
  return randn(input.shape, { dtype: input.dtype, ...options })
})

/** Whole numbers low … high - 1 in the shape and type of a tensor. */
export const randintLike = composed(
  "randintLike",
  (input: Tensor, low: number, high: number, options: RandomOptions = {}): Tensor => {
    return randint(low, high, input.shape, { dtype: input.dtype, ...options })
  },
)
