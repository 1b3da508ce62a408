import type { DType } from "../../base/index.ts"
import { isFloating, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { broadcastArguments, floatType, requireTensor, resultType } from "../arguments.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

/** What elementwise functions share: how their arguments become nodes of one type and shape. */

/** The node of an argument as a floating one: integers and bools become float32. */
export function floatNode(input: Tensor, where: string): Node {
  const { dtype } = requireTensor(input, where)
  return ops.cast(nodeOf(input), floatType(dtype))
}

/** A function of one tensor whose values are not whole. */
/* @__NO_SIDE_EFFECTS__ */
export function real(name: string, op: (x: Node) => Node): (input: Tensor) => Tensor {
  return (input) => wrap(op(floatNode(input, name)))
}

/** A function of one tensor that leaves integers as they are. */
/* @__NO_SIDE_EFFECTS__ */
export function rounding(name: string, op: (x: Node) => Node): (input: Tensor) => Tensor {
  return (input) => (isFloating(requireTensor(input, name).dtype) ? wrap(op(nodeOf(input))) : input)
}

/** A property of floating numbers, which integers and bools do not have. */
/* @__NO_SIDE_EFFECTS__ */
export function floatProperty(name: string, op: (x: Node) => Node): (input: Tensor) => Tensor {
  return (input) => {
    const node = nodeOf(requireTensor(input, name))
    return wrap(isFloating(input.dtype) ? op(node) : ops.constant(0, node.shape, "bool"))
  }
}

/** A function of two tensors with broadcasting and type promotion. */
/* @__NO_SIDE_EFFECTS__ */
export function binary(
  name: string,
  op: (a: Node, b: Node) => Node,
  a: TensorLike,
  b: TensorLike,
  type: DType = resultType(a, b),
): Tensor {
  const [x, y] = broadcastArguments(name, [a, b], type)
  return wrap(op(x!, y!))
}

/** The type of a function of several arguments whose values are not whole. */
export function floatResult(...args: readonly TensorLike[]): DType {
  return floatType(resultType(...args))
}

export function rejectBool(type: DType, where: string, hint: string): void {
  if (type !== "bool") return
  throw new NablaError("NABLA_INVALID_DTYPE", {
    message: `${where} is not defined for truth values`,
    where,
    expected: "numbers",
    got: "bool",
    hint,
  })
}

/** √x where 0 has the derivatives 0: the root of a sum of squares that all vanish (norm, std). */
export function sqrtFlatAtZero(x: Node): Node {
  const zero = ops.constantLike(x, 0)
  const vanished = ops.eq(x, zero)
  return ops.where(vanished, zero, ops.sqrt(ops.where(vanished, ops.constantLike(x, 1), x)))
}

/** True for numbers below zero, and for −0. */
export function negativeSign(x: Node): Node {
  const zero = ops.constantLike(x, 0)
  const below = ops.lt(x, zero)
  if (!isFloating(x.aval.dtype)) return below
  // −0 is not below 0, but its inverse is.
  const minusZero = ops.lt(ops.div(ops.constantLike(x, 1), x), zero)
  return ops.or(below, ops.and(ops.eq(x, zero), minusZero))
}

/** a + w·(b − a), from the end that is nearer. */
export function mix(a: Node, b: Node, w: Node): Node {
  const way = ops.sub(b, a)
  const fromEnd = ops.sub(b, ops.mul(way, ops.sub(ops.constantLike(w, 1), w)))
  return ops.where(ops.lt(w, ops.constantLike(w, 0.5)), ops.add(a, ops.mul(w, way)), fromEnd)
}
