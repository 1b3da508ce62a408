import { isFloating, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { broadcastArguments, requireTensor, resultType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { TensorLike } from "../tensor.ts"
import { nodeOf, Tensor, wrap } from "../tensor.ts"
import { binary, real } from "./elementwise.ts"

/**
 * input^exponent. Whole exponents of negative numbers are defined, others give NaN; 0⁰ is 1. Small whole and half
 * exponents are computed by multiplication and square root.
 *
 * ∂input is 0 where the exponent is 0, and ∂exponent is 0 where the input is 0 and the exponent is not negative.
 */
export const pow = composed("pow", (input: TensorLike, exponent: TensorLike): Tensor => {
  const type = resultType(input, exponent)
  if (typeof exponent === "number" && input instanceof Tensor && isFloating(type)) {
    const [x] = broadcastArguments("pow", [input], type)
    const known = powerOf(x!, exponent)
    if (known !== null) return wrap(known)
  }
  if (isFloating(type)) return binary("pow", ops.pow, input, exponent, type)
  if (typeof exponent === "number" && exponent < 0) throw negativeExponent(exponent)
  return wrap(ops.cast(binary("pow", ops.pow, input, exponent, "float64").node, "int32"))
})

function negativeExponent(exponent: number): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "an integer has no integer power with a negative exponent",
    where: "pow",
    expected: "an exponent ≥ 0",
    got: String(exponent),
    hint: "convert the tensor to a floating type first",
  })
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
    case -0.5:
      return inverse(ops.sqrt(x))
    case -1:
      return inverse(x)
    default:
      return null
  }
}

const inverse = (x: Node): Node => ops.div(ops.constantLike(x, 1), x)

/** input^exponent in float64, whatever the types. */
export const floatPower = composed("floatPower", (input: TensorLike, exponent: TensorLike): Tensor => {
  return binary("floatPower", ops.pow, input, exponent, "float64")
})

/** x² */
export const square = composed("square", (input: Tensor): Tensor => {
  const x = nodeOf(requireTensor(input, "square"))
  const n = input.dtype === "bool" ? ops.cast(x, "int32") : x
  return wrap(ops.mul(n, n))
})

/** √x; its derivative at 0 is ∞. */
export const sqrt = real("sqrt", ops.sqrt)

/** 1/√x */
export const rsqrt = real("rsqrt", (x) => inverse(ops.sqrt(x)))

/** 1/x */
export const reciprocal = real("reciprocal", inverse)
