import { isFloating, sameShape } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { broadcastArguments, requireTensor, resultType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { binary, floatProperty, negativeSign } from "./elementwise.ts"

/** input = other; NaN equals nothing. */
export const eq = composed("eq", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("eq", ops.eq, input, other)
})

/** input ≠ other */
export const ne = composed("ne", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("ne", ops.ne, input, other)
})

/** input < other */
export const lt = composed("lt", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("lt", ops.lt, input, other)
})

/** input ≤ other */
export const le = composed("le", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("le", ops.le, input, other)
})

/** input > other */
export const gt = composed("gt", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("gt", ops.gt, input, other)
})

/** input ≥ other */
export const ge = composed("ge", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("ge", ops.ge, input, other)
})

const isInfinite = (x: Node): Node => ops.eq(ops.abs(x), ops.constantLike(x, Infinity))

/** True for NaN. */
export const isnan = floatProperty("isnan", (x) => ops.ne(x, x))

/** True for ∞ and −∞. */
export const isinf = floatProperty("isinf", isInfinite)

export const isposinf = floatProperty("isposinf", (x) => ops.eq(x, ops.constantLike(x, Infinity)))

export const isneginf = floatProperty("isneginf", (x) => ops.eq(x, ops.constantLike(x, -Infinity)))

/** True for every number but NaN and the infinities; always for integers. */
export const isfinite = composed("isfinite", (input: Tensor): Tensor => {
  return wrap(ops.not(ops.or(isnan(input).node, isinf(input).node)))
})

/** True for numbers below zero, and for −0. */
export const signbit = composed("signbit", (input: TensorLike): Tensor => {
  return wrap(negativeSign(broadcastArguments("signbit", [input], resultType(input))[0]!))
})

export interface Closeness {
  /** Allowed error as a part of |other| (default 1e-5). */
  readonly rtol?: number
  /** Allowed error beside that (default 1e-8). */
  readonly atol?: number
  /** Whether NaN is close to NaN. */
  readonly equalNan?: boolean
}

/** |input − other| ≤ atol + rtol·|other|; infinities are close to themselves only. */
export const isclose = composed(
  "isclose",
  (
    input: TensorLike,
    other: TensorLike,
    { rtol = 1e-5, atol = 1e-8, equalNan = false }: Closeness = {},
  ): Tensor => {
    const type = resultType(input, other)
    const [a, b] = broadcastArguments("isclose", [input, other], isFloating(type) ? type : "float64")
    const same = ops.eq(a!, b!)
    const error = ops.abs(ops.sub(a!, b!))
    const bound = ops.add(ops.scale(ops.abs(b!), rtol), ops.constantLike(b!, atol))
    const near = ops.and(ops.le(error, bound), ops.not(isInfinite(error)))
    const close = ops.or(same, near)
    return wrap(equalNan ? ops.or(close, ops.and(ops.ne(a!, a!), ops.ne(b!, b!))) : close)
  },
)

/** Whether all elements are close (see `isclose`). Reads the values. */
export function allclose(input: TensorLike, other: TensorLike, options: Closeness = {}): boolean {
  return everywhere(isclose(input, other, options))
}

/** Whether two tensors have the same shape and the same elements. Reads the values. */
export function equal(input: Tensor, other: Tensor): boolean {
  const [a, b] = [requireTensor(input, "equal"), requireTensor(other, "equal")]
  return sameShape(a.shape, b.shape) && everywhere(eq(input, other))
}

function everywhere({ node }: Tensor): boolean {
  const dims = node.shape.map((_, i) => i)
  return wrap(ops.minReduce(node, dims, "first")).itemSync() === 1
}
