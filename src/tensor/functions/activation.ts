import { NablaError, normalizeDim } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import type { Saturation } from "../activation-calls.ts"
import { activation } from "../activation-calls.ts"
import { requireTensor } from "../arguments.ts"
import { composed } from "../composed.ts"
import { rand } from "../random.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { floatNode, real } from "./elementwise.ts"

/** Saturated on both sides. */
const beyond = (edge: number): Saturation => [
  [-Infinity, -edge],
  [edge, Infinity],
]

const zeroLike = (x: Node): Node => ops.constantLike(x, 0)
const isPositive = (x: Node): Node => ops.gt(x, zeroLike(x))

/** max(x, 0), with derivative 0 at 0. Integers stay integers. */
export const relu = activation(
  "relu",
  [[-Infinity, 0]],
  composed("relu", (input: Tensor): Tensor => {
    const x = nodeOf(requireTensor(input, "relu"))
    return wrap(ops.where(ops.le(x, zeroLike(x)), zeroLike(x), x))
  }),
)

/** The first value with the derivatives of the second, which differs from it by rounding. */
const withSlopesOf = (value: Node, other: Node): Node => ops.add(other, ops.detach(ops.sub(value, other)))

/** x above 0, slope·x below and at 0. */
const sloped = (x: Node, slope: Node): Node => ops.where(isPositive(x), x, ops.mul(x, slope))

export interface LeakyReluOptions {
  /** Slope below 0 (default 0.01). */
  readonly negativeSlope?: number
}

/** x above 0, negativeSlope·x below it and at 0. */
export const leakyRelu = activation(
  "leakyRelu",
  ({ negativeSlope = 0.01 }: LeakyReluOptions = {}) =>
    Math.abs(negativeSlope) < 0.01 ? [[-Infinity, 0]] : [],
  composed("leakyRelu", (input: Tensor, { negativeSlope = 0.01 }: LeakyReluOptions = {}): Tensor => {
    const x = floatNode(input, "leakyRelu")
    return wrap(sloped(x, ops.constantLike(x, negativeSlope)))
  }),
)

/** leakyRelu with a slope that is learned: one for all, or one for each channel (dimension 1). */
export const prelu = activation(
  "prelu",
  [],
  composed("prelu", (input: Tensor, weight: Tensor): Tensor => {
    const x = floatNode(input, "prelu")
    const channels = input.ndim > 1 ? input.shape[1]! : 1
    const count = requireTensor(weight, "prelu").numel()
    if (count !== 1 && count !== channels) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the slopes do not fit the channels",
        where: "prelu",
        expected: `1 slope, or one for each of ${channels} channels`,
        got: `${count} slopes`,
      })
    }
    const slopes = ops.cast(nodeOf(weight), x.aval.dtype)
    const along = input.shape.map((_, i) => (i === 1 && count > 1 ? count : 1))
    return wrap(sloped(x, ops.expand(ops.reshape(slopes, along), x.shape)))
  }),
)

export interface RreluOptions {
  /** Range of the slope below 0 (default ⅛ … ⅓). */
  readonly lower?: number
  readonly upper?: number
  /** Draw a slope for each element; otherwise all have the mean one. */
  readonly training?: boolean
}

/** leakyRelu with random slopes in training, uniform between lower and upper. */
export const rrelu = activation(
  "rrelu",
  [],
  composed("rrelu", (input: Tensor, options: RreluOptions = {}): Tensor => {
    const { lower = 1 / 8, upper = 1 / 3, training = false } = options
    const x = floatNode(input, "rrelu")
    if (!training) return wrap(sloped(x, ops.constantLike(x, (lower + upper) / 2)))
    const part = rand(input.shape, { dtype: x.aval.dtype }).node
    return wrap(sloped(x, ops.add(ops.scale(part, upper - lower), ops.constantLike(x, lower))))
  }),
)

/**
 * scale·x above 0, scale·alpha·(e^(x/width) − 1) below it. At 0 the derivative is that from the left, and the second
 * one 0.
 */
function exponentialUnit(x: Node, alpha: number, scale = 1, width = 1): Node {
  const zero = zeroLike(x)
  const negative = ops.lt(x, zero)
  // The power must not overflow on the other side, where nothing of it is used.
  const power = ops.expm1(ops.scale(ops.where(negative, x, zero), 1 / width))
  const straight = ops.where(isPositive(x), x, ops.scale(x, alpha / width))
  return ops.scale(ops.where(negative, ops.scale(power, alpha), straight), scale)
}

export interface EluOptions {
  /** −alpha is the limit for x → −∞ (default 1). */
  readonly alpha?: number
}

/** x above 0, alpha·(eˣ − 1) below it. */
export const elu = activation(
  "elu",
  ({ alpha = 1 }: EluOptions = {}) => [[-Infinity, Math.log(0.01 / alpha)]],
  composed("elu", (input: Tensor, { alpha = 1 }: EluOptions = {}): Tensor => {
    return wrap(exponentialUnit(floatNode(input, "elu"), alpha))
  }),
)

/**
 * x above 0, alpha·(e^(x/alpha) − 1) below it: smooth for every alpha. PyTorch's derivative has alpha in float32 in the
 * exponent, and so it has here.
 */
export const celu = activation(
  "celu",
  ({ alpha = 1 }: EluOptions = {}) => [[-Infinity, alpha * Math.log(0.01)]],
  composed("celu", (input: Tensor, { alpha = 1 }: EluOptions = {}): Tensor => {
    const x = floatNode(input, "celu")
    const value = exponentialUnit(x, alpha, 1, alpha)
    const width = Math.fround(alpha)
    return wrap(width === alpha ? value : withSlopesOf(value, exponentialUnit(x, alpha, 1, width)))
  }),
)

/** elu with the alpha and the scale that keep mean 0 and variance 1 from layer to layer. */
export const selu = activation(
  "selu",
  [[-Infinity, -5.1694]],
  real("selu", (x) =>
    exponentialUnit(x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946),
  ),
)

export interface GeluOptions {
  /** "tanh" for the approximation x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). */
  readonly approximate?: "none" | "tanh"
}

/** x·Φ(x) with the normal distribution function Φ. */
export const gelu = activation(
  "gelu",
  [[-Infinity, -3.068]],
  composed("gelu", (input: Tensor, { approximate = "none" }: GeluOptions = {}): Tensor => {
    const x = floatNode(input, "gelu")
    const one = ops.constantLike(x, 1)
    const half = ops.scale(x, 0.5)
    if (approximate === "none") return wrap(ops.mul(half, ops.add(one, ops.erf(ops.scale(x, Math.SQRT1_2)))))
    const cubic = ops.add(x, ops.scale(ops.mul(ops.mul(x, x), x), 0.044715))
    return wrap(ops.mul(half, ops.add(one, ops.tanh(ops.scale(cubic, Math.sqrt(2 / Math.PI))))))
  }),
)

/** x·sigmoid(x) */
export const silu = activation(
  "silu",
  [[-Infinity, -6.262]],
  real("silu", (x) => ops.mul(x, ops.sigmoid(x))),
)

/** ln sigmoid(x) = min(x, 0) − ln(1 + e^(−|x|)), by choice of the side, so that all derivatives are right at 0. */
function logSigmoidOf(x: Node): Node {
  const negative = ops.lt(x, zeroLike(x))
  const rest = ops.log1p(ops.exp(ops.where(negative, x, ops.neg(x))))
  return ops.sub(ops.where(negative, x, zeroLike(x)), rest)
}

/** ln sigmoid(x), without overflow. */
export const logsigmoid = activation("logsigmoid", [[4.5951, Infinity]], real("logsigmoid", logSigmoidOf))

/** x·tanh(softplus(x)) */
export const mish = activation(
  "mish",
  [[-Infinity, -6.264]],
  real("mish", (x) => ops.mul(x, ops.tanh(ops.neg(logSigmoidOf(ops.neg(x)))))),
)

export interface SoftplusOptions {
  /** How sharp the bend is (default 1). */
  readonly beta?: number
  /** Where beta·x exceeds it (default 20), the result is x itself. */
  readonly threshold?: number
}

/** ln(1 + e^(beta·x))/beta, a smooth relu. On the threshold itself the second derivative is 0, as beyond it. */
export const softplus = activation(
  "softplus",
  ({ beta = 1 }: SoftplusOptions = {}) => [[-Infinity, -4.5951 / beta]],
  composed("softplus", (input: Tensor, { beta = 1, threshold: limit = 20 }: SoftplusOptions = {}): Tensor => {
    const x = floatNode(input, "softplus")
    const steep = ops.scale(x, beta)
    const edge = ops.constantLike(x, limit)
    const bent = ops.log1p(ops.exp(ops.where(ops.lt(steep, edge), steep, zeroLike(x))))
    // The tangent at the threshold: the softplus of the threshold there, with slope sigmoid(threshold).
    const [atEdge, slope] = [limit + Math.log1p(Math.exp(-limit)), 1 / (1 + Math.exp(-limit))]
    const tangent = ops.add(ops.scale(ops.sub(steep, edge), slope), ops.constantLike(x, atEdge))
    const curve = ops.where(ops.eq(steep, edge), tangent, bent)
    return wrap(ops.where(ops.gt(steep, edge), x, ops.scale(curve, 1 / beta)))
  }),
)

/** x/(1 + |x|) */
export const softsign = activation(
  "softsign",
  beyond(9),
  real("softsign", (x) => ops.div(x, ops.add(ops.abs(x), ops.constantLike(x, 1)))),
)

/** x − tanh(x) */
export const tanhshrink = activation(
  "tanhshrink",
  [[-0.1003, 0.1003]],
  real("tanhshrink", (x) => ops.sub(x, ops.tanh(x))),
)

/** x between two bounds, and the bound beyond; the derivative is 0 at the bounds. */
function bounded(x: Node, min: number, max: number): Node {
  const [low, high] = [ops.constantLike(x, min), ops.constantLike(x, max)]
  return ops.where(ops.le(x, low), low, ops.where(ops.ge(x, high), high, x))
}

export interface HardtanhOptions {
  readonly minVal?: number
  readonly maxVal?: number
}

/** x between minVal (default −1) and maxVal (default 1), with derivative 0 at the bounds. */
export const hardtanh = activation(
  "hardtanh",
  ({ minVal = -1, maxVal = 1 }: HardtanhOptions = {}) => [
    [-Infinity, minVal],
    [maxVal, Infinity],
  ],
  composed("hardtanh", (input: Tensor, { minVal = -1, maxVal = 1 }: HardtanhOptions = {}): Tensor => {
    return wrap(bounded(nodeOf(requireTensor(input, "hardtanh")), minVal, maxVal))
  }),
)

/** min(max(x, 0), 6), with derivative 0 at 0 and 6. */
export const relu6 = activation(
  "relu6",
  [
    [-Infinity, 0],
    [6, Infinity],
  ],
  composed("relu6", (input: Tensor): Tensor => {
    return hardtanh(input, { minVal: 0, maxVal: 6 })
  }),
)

/** x/6 + ½, kept between 0 and 1. PyTorch's slope, the float32 number nearest to 1/6, is the slope here too. */
export const hardsigmoid = activation(
  "hardsigmoid",
  beyond(3),
  real("hardsigmoid", (x) => {
    const part = bounded(ops.add(x, ops.constantLike(x, 3)), 0, 6)
    const value = ops.scale(part, 1 / 6)
    return x.aval.dtype === "float32" ? value : withSlopesOf(value, ops.scale(part, Math.fround(1 / 6)))
  }),
)

/** x·(x + 3)/6 between −3 and 3, 0 below and x above. */
export const hardswish = activation(
  "hardswish",
  [[-Infinity, -3]],
  real("hardswish", (x) => {
    const [low, high] = [ops.constantLike(x, -3), ops.constantLike(x, 3)]
    const curve = ops.scale(ops.mul(x, ops.add(x, high)), 1 / 6)
    return ops.where(ops.lt(x, low), zeroLike(x), ops.where(ops.le(x, high), curve, x))
  }),
)

/** x above the threshold, `value` below it and at it. */
export const threshold = activation(
  "threshold",
  (threshold: number) => [[-Infinity, threshold]],
  composed("threshold", (input: Tensor, threshold: number, value: number): Tensor => {
    const x = nodeOf(requireTensor(input, "threshold"))
    return wrap(ops.where(ops.le(x, ops.constantLike(x, threshold)), ops.constantLike(x, value), x))
  }),
)

export interface ShrinkOptions {
  /** Half the width of the interval that becomes 0 (default 0.5). */
  readonly lambd?: number
}

/** x moved by lambd towards 0, and 0 where |x| ≤ lambd. */
export const softshrink = activation(
  "softshrink",
  ({ lambd = 0.5 }: ShrinkOptions = {}) => [[-lambd, lambd]],
  composed("softshrink", (input: Tensor, { lambd = 0.5 }: ShrinkOptions = {}): Tensor => {
    const x = floatNode(input, "softshrink")
    const edge = ops.constantLike(x, lambd)
    const below = ops.where(ops.lt(x, ops.constantLike(x, -lambd)), ops.add(x, edge), zeroLike(x))
    return wrap(ops.where(ops.gt(x, edge), ops.sub(x, edge), below))
  }),
)

/** x, and 0 where |x| ≤ lambd. */
export const hardshrink = activation(
  "hardshrink",
  ({ lambd = 0.5 }: ShrinkOptions = {}) => [[-lambd, lambd]],
  composed("hardshrink", (input: Tensor, { lambd = 0.5 }: ShrinkOptions = {}): Tensor => {
    const x = floatNode(input, "hardshrink")
    const inside = ops.and(ops.ge(x, ops.constantLike(x, -lambd)), ops.le(x, ops.constantLike(x, lambd)))
    return wrap(ops.where(inside, zeroLike(x), x))
  }),
)

/** The first half along a dimension times the sigmoid of the second half. */
export const glu = composed("glu", (input: Tensor, dim = -1): Tensor => {
  const x = floatNode(input, "glu")
  const at = normalizeDim(dim, input.ndim, "glu")
  const size = input.shape[at] ?? 1
  if (size % 2 !== 0) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "glu halves a dimension",
      where: "glu",
      expected: "an even size",
      got: `${size} in dimension ${at}`,
    })
  }
  const half = size / 2
  return wrap(ops.mul(ops.sliceDim(x, at, 0, half), ops.sigmoid(ops.sliceDim(x, at, half, half))))
})
