import type { DType } from "../../base/index.ts"
import { dtypes, NablaError } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

/**
 * The tensor with another element type, or with that of another tensor. Floats are cut towards zero on their way to
 * int32; anything but zero is true as a bool. The derivative passes between floating types.
 */
export const to = composed("to", (input: Tensor, type: DType | Tensor): Tensor => {
  const dtype = typeof type === "string" ? type : type.dtype
  if (!dtypes.includes(dtype)) {
    throw new NablaError("NABLA_INVALID_DTYPE", {
      message: "there is no such element type",
      where: "to",
      expected: dtypes.join(", "),
      got: String(dtype),
    })
  }
  return wrap(ops.cast(nodeOf(input), dtype))
})

/** The tensor as float32. */
export const float = composed("float", (input: Tensor): Tensor => {
  return to(input, "float32")
})

/** The tensor as float64. */
export const double = composed("double", (input: Tensor): Tensor => {
  return to(input, "float64")
})

/** The tensor as int32, cut towards zero. */
export const int = composed("int", (input: Tensor): Tensor => {
  return to(input, "int32")
})

/** The tensor as bool: true where it is not zero. */
export const bool = composed("bool", (input: Tensor): Tensor => {
  return to(input, "bool")
})

/** The tensor with the element type of another one. */
export const typeAs = composed("typeAs", (input: Tensor, other: Tensor): Tensor => {
  return to(input, other)
})
