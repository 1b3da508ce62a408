import type { DType } from "../../base/index.ts"
import { isFloating } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { broadcastArguments, floatType, resultType } from "../arguments.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { wrap } from "../tensor.ts"

/** A binary operation with broadcasting and type promotion. */
function binary(
  name: string,
  op: (a: Node, b: Node) => Node,
  a: TensorLike,
  b: TensorLike,
  type?: DType,
): Tensor {
  const [x, y] = broadcastArguments(name, [a, b], type ?? resultType(a, b))
  return wrap(op(x!, y!))
}

/** input + alpha·other */
export function add(input: TensorLike, other: TensorLike, options: { readonly alpha?: number } = {}): Tensor {
  return binary("add", ops.add, input, scaled(other, options.alpha))
}

/** input − alpha·other */
export function sub(input: TensorLike, other: TensorLike, options: { readonly alpha?: number } = {}): Tensor {
  return binary("sub", ops.sub, input, scaled(other, options.alpha))
}

function scaled(other: TensorLike, alpha: number | undefined): TensorLike {
  return alpha === undefined || alpha === 1 ? other : mul(other, alpha)
}

/** input · other */
export function mul(input: TensorLike, other: TensorLike): Tensor {
  return binary("mul", ops.mul, input, other)
}

/** input / other, always floating; `roundingMode` "floor" or "trunc" rounds the quotient and keeps integer types. */
export function div(
  input: TensorLike,
  other: TensorLike,
  options: { readonly roundingMode?: "floor" | "trunc" } = {},
): Tensor {
  const { roundingMode } = options
  const type = resultType(input, other)
  if (roundingMode === undefined) return binary("div", ops.div, input, other, floatType(type))
  const round = roundingMode === "floor" ? ops.floor : ops.trunc
  if (isFloating(type)) return binary("div", (x, y) => round(ops.div(x, y)), input, other, type)
  const exact = binary("div", (x, y) => round(ops.div(x, y)), input, other, "float64")
  return wrap(ops.cast(exact.node, type))
}

/** Remainder with the sign of the divisor: input − other·⌊input/other⌋. */
export function remainder(input: TensorLike, other: TensorLike): Tensor {
  return binary(
    "remainder",
    (x, y) => {
      const r = ops.fmod(x, y)
      const zero = ops.constantLike(r, 0)
      const opposite = ops.and(ops.ne(r, zero), ops.ne(ops.lt(r, zero), ops.lt(y, zero)))
      return ops.where(opposite, ops.add(r, y), r)
    },
    input,
    other,
  )
}

/** Remainder with the sign of the dividend: input − other·trunc(input/other). */
export function fmod(input: TensorLike, other: TensorLike): Tensor {
  return binary("fmod", ops.fmod, input, other)
}

/** input^exponent. Small whole and half exponents are computed by multiplication and square root. */
export function pow(input: TensorLike, exponent: TensorLike): Tensor {
  const type = resultType(input, exponent)
  if (typeof exponent === "number" && isFloating(type)) {
    const [x] = broadcastArguments("pow", [input], type)
    const known = powerOf(x!, exponent)
    if (known !== null) return wrap(known)
  }
  if (isFloating(type)) return binary("pow", ops.pow, input, exponent, type)
  return wrap(ops.cast(binary("pow", ops.pow, input, exponent, "float64").node, type))
}

function powerOf(x: Node, exponent: number): Node | null {
  switch (exponent) {
    case 0:
      return ops.constantLike(x, 1)
    case 1:
      return x
    case 2:
      return ops.mul(x, x)
    case 3:
      return ops.mul(ops.mul(x, x), x)
    case 0.5:
      return ops.sqrt(x)
    case -1:
      return ops.div(ops.constantLike(x, 1), x)
    default:
      return null
  }
}

/** The larger of two; NaN wins; the derivative is shared in halves where both are equal. */
export function maximum(input: TensorLike, other: TensorLike): Tensor {
  return binary("maximum", ops.maximum, input, other)
}

/** The smaller of two; NaN wins; the derivative is shared in halves where both are equal. */
export function minimum(input: TensorLike, other: TensorLike): Tensor {
  return binary("minimum", ops.minimum, input, other)
}

export function eq(input: TensorLike, other: TensorLike): Tensor {
  return binary("eq", ops.eq, input, other)
}

export function ne(input: TensorLike, other: TensorLike): Tensor {
  return binary("ne", ops.ne, input, other)
}

export function lt(input: TensorLike, other: TensorLike): Tensor {
  return binary("lt", ops.lt, input, other)
}

export function le(input: TensorLike, other: TensorLike): Tensor {
  return binary("le", ops.le, input, other)
}

export function gt(input: TensorLike, other: TensorLike): Tensor {
  return binary("gt", ops.gt, input, other)
}

export function ge(input: TensorLike, other: TensorLike): Tensor {
  return binary("ge", ops.ge, input, other)
}

export function logicalAnd(input: TensorLike, other: TensorLike): Tensor {
  return binary("logicalAnd", ops.and, input, other, "bool")
}

export function logicalOr(input: TensorLike, other: TensorLike): Tensor {
  return binary("logicalOr", ops.or, input, other, "bool")
}

export function logicalXor(input: TensorLike, other: TensorLike): Tensor {
  return binary("logicalXor", ops.xor, input, other, "bool")
}
