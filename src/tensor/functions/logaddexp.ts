import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { binary, floatResult } from "./elementwise.ts"

/**
 * log(eᵃ + eᵇ) = m + log1p(e^(−|a − b|)) with the larger m: nothing overflows. The side is chosen, rather than taken by
 * max and |·|, so that the derivatives are right at a = b too.
 */
function logSum(a: Node, b: Node, base: number): Node {
  const zero = ops.constantLike(a, 0)
  const infinite = ops.and(ops.eq(a, b), ops.eq(ops.abs(a), ops.constantLike(a, Infinity)))
  const [x, y] = [ops.where(infinite, zero, a), ops.where(infinite, zero, b)]
  const ahead = ops.ge(x, y)
  const gap = ops.where(ahead, ops.sub(y, x), ops.sub(x, y))
  const larger = ops.where(ahead, x, y)
  const rest = ops.log1p(base === 2 ? ops.exp2(gap) : ops.exp(gap))
  const sum = ops.add(larger, base === 2 ? ops.scale(rest, Math.LOG2E) : rest)
  return ops.where(infinite, ops.scale(ops.add(a, b), 0.5), sum)
}

/** ln(e^input + e^other), without overflow. */
export const logaddexp = composed("logaddexp", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("logaddexp", (a, b) => logSum(a, b, Math.E), input, other, floatResult(input, other))
})

/** log₂(2^input + 2^other), without overflow. */
export const logaddexp2 = composed("logaddexp2", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("logaddexp2", (a, b) => logSum(a, b, 2), input, other, floatResult(input, other))
})
