import type { DType } from "../../base/index.ts"
import { isFloating } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { broadcastArguments, resultType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { binary, floatResult, mix, rejectBool } from "./elementwise.ts"

export interface Alpha {
  /** Factor of the second argument. */
  readonly alpha?: number
}

/** input + alpha·other. Truth values are joined by "or". */
export const add = composed("add", (input: TensorLike, other: TensorLike, { alpha }: Alpha = {}): Tensor => {
  const right = scaled(other, alpha)
  const type = resultType(input, right)
  return binary("add", type === "bool" ? ops.or : ops.add, input, right, type)
})

/** input − alpha·other */
export const sub = composed("sub", (input: TensorLike, other: TensorLike, { alpha }: Alpha = {}): Tensor => {
  const right = scaled(other, alpha)
  const type = resultType(input, right)
  rejectBool(type, "sub", "use logicalXor or logicalNot")
  return binary("sub", ops.sub, input, right, type)
})

/** other − alpha·input */
export const rsub = composed("rsub", (input: TensorLike, other: TensorLike, options: Alpha = {}): Tensor => {
  return sub(other, input, options)
})

function scaled(other: TensorLike, alpha: number | undefined): TensorLike {
  if (alpha === undefined || alpha === 1) return other
  return typeof other === "number" ? other * alpha : mul(other, alpha)
}

/** input · other. Truth values are joined by "and". */
export const mul = composed("mul", (input: TensorLike, other: TensorLike): Tensor => {
  const type = resultType(input, other)
  return binary("mul", type === "bool" ? ops.and : ops.mul, input, other, type)
})

export interface Rounding {
  /** Round the quotient down or towards zero; integers then stay integers. */
  readonly roundingMode?: "floor" | "trunc" | null
}

/**
 * input / other, floating unless rounded. Rounding down gives ⌊input / other⌋ of the exact quotient, as `remainder`
 * has it, and not of the rounded one: 1 / 0.1 is 9. The derivative of a rounded quotient is 0.
 */
export const div = composed(
  "div",
  (input: TensorLike, other: TensorLike, { roundingMode }: Rounding = {}): Tensor => {
    if (roundingMode === undefined || roundingMode === null) {
      return binary("div", ops.div, input, other, floatResult(input, other))
    }
    const type = resultType(input, other)
    const round = roundingMode === "floor" ? ops.floorQuotient : truncatedQuotient
    if (isFloating(type)) return binary("div", round, input, other, type)
    // The quotient of two 32-bit integers is exact enough in double precision.
    const [x, y] = broadcastArguments("div", [input, other], "float64")
    const quotient = ops.div(x!, y!)
    return wrap(
      ops.cast(roundingMode === "floor" ? ops.floor(quotient) : ops.trunc(quotient), wholeType(type)),
    )
  },
)

function wholeType(type: DType): DType {
  return type === "bool" ? "int32" : type
}

const truncatedQuotient = (x: Node, y: Node): Node => ops.trunc(ops.div(x, y))

/** ⌊input / other⌋ */
export const floorDivide = composed("floorDivide", (input: TensorLike, other: TensorLike): Tensor => {
  return div(input, other, { roundingMode: "floor" })
})

/** Remainder with the sign of the divisor: input − other·⌊input/other⌋. Derivatives: 1 and −⌊input/other⌋. */
export const remainder = composed("remainder", (input: TensorLike, other: TensorLike): Tensor => {
  const type = resultType(input, other)
  rejectBool(type, "remainder", "convert one of the arguments with .to(dtype)")
  return binary("remainder", ops.remainder, input, other, type)
})

/** Remainder with the sign of the dividend: input − other·trunc(input/other). */
export const fmod = composed("fmod", (input: TensorLike, other: TensorLike): Tensor => {
  const type = resultType(input, other)
  rejectBool(type, "fmod", "convert one of the arguments with .to(dtype)")
  return binary("fmod", ops.fmod, input, other, type)
})

/** input + weight·(end − input); exactly `end` at weight 1. */
export const lerp = composed("lerp", (input: TensorLike, end: TensorLike, weight: TensorLike): Tensor => {
  const type = floatResult(input, end, weight)
  const [a, b, w] = broadcastArguments("lerp", [input, end, weight], type) as [Node, Node, Node]
  return wrap(mix(a, b, w))
})

export interface ProductFactor {
  /** Factor of the product or quotient (default 1). */
  readonly value?: number
}

/** input + value·tensor1·tensor2 */
export const addcmul = composed(
  "addcmul",
  (
    input: TensorLike,
    tensor1: TensorLike,
    tensor2: TensorLike,
    { value = 1 }: ProductFactor = {},
  ): Tensor => {
    return add(input, mul(tensor1, tensor2), { alpha: value })
  },
)

/** input + value·tensor1/tensor2 */
export const addcdiv = composed(
  "addcdiv",
  (
    input: TensorLike,
    tensor1: TensorLike,
    tensor2: TensorLike,
    { value = 1 }: ProductFactor = {},
  ): Tensor => {
    return add(input, div(tensor1, tensor2), { alpha: value })
  },
)
