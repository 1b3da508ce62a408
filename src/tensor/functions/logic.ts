import { isFloating, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { requireTensor, resultType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { binary } from "./elementwise.ts"

/** True where the value is zero or false. */
export const logicalNot = composed("logicalNot", (input: Tensor): Tensor => {
  return wrap(ops.not(ops.cast(nodeOf(requireTensor(input, "logicalNot")), "bool")))
})

/** True where both are not zero. */
export const logicalAnd = composed("logicalAnd", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("logicalAnd", ops.and, input, other, "bool")
})

/** True where one or both are not zero. */
export const logicalOr = composed("logicalOr", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("logicalOr", ops.or, input, other, "bool")
})

/** True where exactly one is not zero. */
export const logicalXor = composed("logicalXor", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("logicalXor", ops.xor, input, other, "bool")
})

function bitwise(name: string, op: (a: Node, b: Node) => Node, a: TensorLike, b: TensorLike): Tensor {
  const type = resultType(a, b)
  if (isFloating(type)) throw noBits(name, type)
  return binary(name, op, a, b, type)
}

function noBits(where: string, got: string): NablaError {
  return new NablaError("NABLA_INVALID_DTYPE", {
    message: "only integers and truth values have bits",
    where,
    expected: "int32 or bool",
    got,
  })
}

/** Bits that are set in both. */
export const bitwiseAnd = composed("bitwiseAnd", (input: TensorLike, other: TensorLike): Tensor => {
  return bitwise("bitwiseAnd", ops.and, input, other)
})

/** Bits that are set in one or both. */
export const bitwiseOr = composed("bitwiseOr", (input: TensorLike, other: TensorLike): Tensor => {
  return bitwise("bitwiseOr", ops.or, input, other)
})

/** Bits that are set in exactly one. */
export const bitwiseXor = composed("bitwiseXor", (input: TensorLike, other: TensorLike): Tensor => {
  return bitwise("bitwiseXor", ops.xor, input, other)
})

/** Every bit turned round; of a truth value, its opposite. */
export const bitwiseNot = composed("bitwiseNot", (input: Tensor): Tensor => {
  if (isFloating(requireTensor(input, "bitwiseNot").dtype)) throw noBits("bitwiseNot", input.dtype)
  return wrap(ops.not(nodeOf(input)))
})
