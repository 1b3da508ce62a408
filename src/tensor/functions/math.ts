import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType } from "../arguments.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

/** Functions of one tensor. Integers and bools become float32 first where the result is not whole. */
function real(x: Tensor, op: (x: Node) => Node): Tensor {
  return wrap(op(ops.cast(nodeOf(x), floatType(x.dtype))))
}

/** Functions that leave integers as they are. */
function rounding(x: Tensor, op: (x: Node) => Node): Tensor {
  return x.dtype === "int32" || x.dtype === "bool" ? x : wrap(op(nodeOf(x)))
}

export const neg = (x: Tensor): Tensor => wrap(ops.neg(nodeOf(x)))
/** |x|, with derivative 0 at 0. */
export const abs = (x: Tensor): Tensor => wrap(ops.abs(nodeOf(x)))
/** −1, 0 or 1. */
export const sign = (x: Tensor): Tensor => wrap(ops.sign(nodeOf(x)))
export const floor = (x: Tensor): Tensor => rounding(x, ops.floor)
export const ceil = (x: Tensor): Tensor => rounding(x, ops.ceil)
export const trunc = (x: Tensor): Tensor => rounding(x, ops.trunc)
/** eˣ */
export const exp = (x: Tensor): Tensor => real(x, ops.exp)
/** 2ˣ */
export const exp2 = (x: Tensor): Tensor => real(x, ops.exp2)
/** eˣ − 1, exact near 0. */
export const expm1 = (x: Tensor): Tensor => real(x, ops.expm1)
export const log = (x: Tensor): Tensor => real(x, ops.log)
export const log2 = (x: Tensor): Tensor => real(x, ops.log2)
export const log10 = (x: Tensor): Tensor => real(x, ops.log10)
/** ln(1 + x), exact near 0. */
export const log1p = (x: Tensor): Tensor => real(x, ops.log1p)
export const sqrt = (x: Tensor): Tensor => real(x, ops.sqrt)
export const sin = (x: Tensor): Tensor => real(x, ops.sin)
export const cos = (x: Tensor): Tensor => real(x, ops.cos)
export const tan = (x: Tensor): Tensor => real(x, ops.tan)
export const asin = (x: Tensor): Tensor => real(x, ops.asin)
export const acos = (x: Tensor): Tensor => real(x, ops.acos)
export const atan = (x: Tensor): Tensor => real(x, ops.atan)
export const sinh = (x: Tensor): Tensor => real(x, ops.sinh)
export const cosh = (x: Tensor): Tensor => real(x, ops.cosh)
export const tanh = (x: Tensor): Tensor => real(x, ops.tanh)
export const asinh = (x: Tensor): Tensor => real(x, ops.asinh)
export const acosh = (x: Tensor): Tensor => real(x, ops.acosh)
export const atanh = (x: Tensor): Tensor => real(x, ops.atanh)
/** Error function 2/√π·∫₀ˣ e^(−t²) dt. */
export const erf = (x: Tensor): Tensor => real(x, ops.erf)
/** 1 − erf(x), exact for large x. */
export const erfc = (x: Tensor): Tensor => real(x, ops.erfc)
export const erfinv = (x: Tensor): Tensor => real(x, ops.erfinv)
/** ln |Γ(x)| */
export const lgamma = (x: Tensor): Tensor => real(x, ops.lgamma)
/** Γ′(x)/Γ(x) */
export const digamma = (x: Tensor): Tensor => real(x, ops.digamma)
/** x², by multiplication. */
export const square = (x: Tensor): Tensor => wrap(ops.mul(nodeOf(x), nodeOf(x)))
/** 1/x */
export const reciprocal = (x: Tensor): Tensor => real(x, (n) => ops.div(ops.constantLike(n, 1), n))
/** 1/√x */
export const rsqrt = (x: Tensor): Tensor => real(x, (n) => ops.div(ops.constantLike(n, 1), ops.sqrt(n)))
/** True where the value is zero or false. */
export const logicalNot = (x: Tensor): Tensor => wrap(ops.not(ops.cast(nodeOf(x), "bool")))
/** max(x, 0), with derivative 0 at 0. */
export const relu = (x: Tensor): Tensor => {
  const n = nodeOf(x)
  const zero = ops.constantLike(n, 0)
  return wrap(ops.where(ops.gt(n, zero), n, ops.where(ops.eq(n, n), zero, n)))
}
/** 1/(1 + e^(−x)), by the half-angle form ½ + ½·tanh(x/2), which overflows nowhere. */
export const sigmoid = (x: Tensor): Tensor =>
  real(x, (n) => {
    const half = ops.constantLike(n, 0.5)
    return ops.add(ops.mul(ops.tanh(ops.mul(n, half)), half), half)
  })
