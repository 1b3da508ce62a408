import { isFloating } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { activation } from "../activation-calls.ts"
import { requireTensor } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { binary, floatResult, negativeSign, real, rejectBool, rounding } from "./elementwise.ts"

// Integers stay integers here.

/** −x */
export const neg = composed("neg", (input: Tensor): Tensor => {
  rejectBool(requireTensor(input, "neg").dtype, "neg", "use logicalNot")
  return wrap(ops.neg(nodeOf(input)))
})

/** |x|, with derivative 0 at 0. */
export const abs = composed("abs", (input: Tensor): Tensor => {
  return requireTensor(input, "abs").dtype === "bool" ? input : wrap(ops.abs(nodeOf(input)))
})

/** −1, 0 or 1; 0 for NaN. */
export const sign = composed("sign", (input: Tensor): Tensor => {
  if (requireTensor(input, "sign").dtype === "bool") return input
  const x = nodeOf(input)
  const zero = ops.constantLike(x, 0)
  return wrap(ops.where(ops.gt(ops.abs(x), zero), ops.sign(x), zero))
})

export const floor = rounding("floor", ops.floor)
export const ceil = rounding("ceil", ops.ceil)
export const trunc = rounding("trunc", ops.trunc)
/** x − trunc(x): what follows the point, with the sign of x. */
export const frac = rounding("frac", (x) => ops.sub(x, ops.trunc(x)))

export interface Decimals {
  /** Digits after the point that are kept; negative ones round to tens, hundreds … */
  readonly decimals?: number
}

/** The nearest whole number, or the nearest with so many decimals; halves go to the even neighbour. */
export const round = composed("round", (input: Tensor, { decimals = 0 }: Decimals = {}): Tensor => {
  if (decimals === 0) return rounding("round", ops.round)(input)
  const factor = 10 ** Math.abs(decimals)
  const toWhole = decimals > 0 ? ops.mul : ops.div
  const back = decimals > 0 ? ops.div : ops.mul
  return rounding("round", (x) => {
    const unit = ops.constantLike(x, factor)
    return back(ops.round(toWhole(x, unit)), unit)
  })(input)
})

// Integers and truth values become float32 from here on.

/** eˣ */
export const exp = real("exp", ops.exp)
/** 2ˣ */
export const exp2 = real("exp2", ops.exp2)
/** eˣ − 1, exact near 0. */
export const expm1 = real("expm1", ops.expm1)
/** Natural logarithm; −∞ at 0, NaN below. */
export const log = real("log", ops.log)
export const log2 = real("log2", ops.log2)
export const log10 = real("log10", ops.log10)
/** ln(1 + x), exact near 0. */
export const log1p = real("log1p", ops.log1p)
export const sin = real("sin", ops.sin)
export const cos = real("cos", ops.cos)
export const tan = real("tan", ops.tan)
export const asin = real("asin", ops.asin)
export const acos = real("acos", ops.acos)
export const atan = real("atan", ops.atan)
export const sinh = real("sinh", ops.sinh)
export const cosh = real("cosh", ops.cosh)
export const tanh = activation(
  "tanh",
  [
    [-Infinity, -2.9932],
    [2.9932, Infinity],
  ],
  real("tanh", ops.tanh),
)
export const asinh = real("asinh", ops.asinh)
export const acosh = real("acosh", ops.acosh)
export const atanh = real("atanh", ops.atanh)
/** x·π/180 */
export const deg2rad = real("deg2rad", (x) => ops.scale(x, Math.PI / 180))
/** x·180/π */
export const rad2deg = real("rad2deg", (x) => ops.scale(x, 180 / Math.PI))

/** Angle of the point (other, input), −π … π. */
export const atan2 = composed("atan2", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("atan2", ops.atan2, input, other, floatResult(input, other))
})

/** √(input² + other²), without overflow on the way. */
export const hypot = composed("hypot", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("hypot", ops.hypot, input, other, floatResult(input, other))
})

/** |input| with the sign of other; its derivative is 0 where the input is 0. */
export const copysign = composed("copysign", (input: TensorLike, other: TensorLike): Tensor => {
  const apply = (x: Node, y: Node): Node => {
    const size = ops.abs(x)
    return ops.where(negativeSign(y), ops.neg(size), size)
  }
  return binary("copysign", apply, input, other, floatResult(input, other))
})

/** 0 below 0, 1 above it, and `values` at 0. */
export const heaviside = composed("heaviside", (input: TensorLike, values: TensorLike): Tensor => {
  const step = (x: Node, atZero: Node): Node => {
    const zero = ops.constantLike(x, 0)
    const above = ops.where(ops.gt(x, zero), ops.constantLike(x, 1), zero)
    return ops.where(ops.eq(x, zero), atZero, ops.where(ops.eq(x, x), above, x))
  }
  return binary("heaviside", step, input, values)
})

export interface Replacements {
  /** What stands for NaN (default 0). */
  readonly nan?: number
  /** What stands for ∞ (default: the largest number of the type). */
  readonly posinf?: number | null
  /** What stands for −∞ (default: the smallest number of the type). */
  readonly neginf?: number | null
}

/** The numbers as they are, and others in place of NaN and the infinities, where the derivative is 0. */
export const nanToNum = composed(
  "nanToNum",
  (input: Tensor, { nan = 0, posinf, neginf }: Replacements = {}): Tensor => {
    if (!isFloating(requireTensor(input, "nanToNum").dtype)) return input
    const x = nodeOf(input)
    const largest = input.dtype === "float32" ? 3.4028234663852886e38 : Number.MAX_VALUE
    const replaced = (at: number, by: number, rest: Node): Node =>
      ops.where(ops.eq(x, ops.constantLike(x, at)), ops.constantLike(x, by), rest)
    const finite = replaced(Infinity, posinf ?? largest, replaced(-Infinity, neginf ?? -largest, x))
    return wrap(ops.where(ops.ne(x, x), ops.constantLike(x, nan), finite))
  },
)
