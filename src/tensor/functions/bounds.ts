import { NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { broadcastArguments, resultType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { binary } from "./elementwise.ts"

/** The larger of two; NaN wins; the derivative is shared in halves where both are equal. */
export const maximum = composed("maximum", (input: TensorLike, other: TensorLike): Tensor => {
  const type = resultType(input, other)
  return binary("maximum", type === "bool" ? ops.or : ops.maximum, input, other, type)
})

/** The smaller of two; NaN wins; the derivative is shared in halves where both are equal. */
export const minimum = composed("minimum", (input: TensorLike, other: TensorLike): Tensor => {
  const type = resultType(input, other)
  return binary("minimum", type === "bool" ? ops.and : ops.minimum, input, other, type)
})

/** a where it is ahead of b, or b is NaN. */
function preferred(ahead: (a: Node, b: Node) => Node): (a: Node, b: Node) => Node {
  return (a, b) => ops.where(ops.or(ahead(a, b), ops.ne(b, b)), a, b)
}

/** The larger of two, where a number wins over NaN; of equal ones the first has the derivative. */
export const fmax = composed("fmax", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("fmax", preferred(ops.ge), input, other)
})

/** The smaller of two, where a number wins over NaN; of equal ones the first has the derivative. */
export const fmin = composed("fmin", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("fmin", preferred(ops.le), input, other)
})

export interface Bounds {
  readonly min?: TensorLike | null
  readonly max?: TensorLike | null
}

/**
 * min(max(input, min), max): values inside the bounds stay. The derivative is that of the input on the bounds and
 * between them, and that of the bound beyond. A lower bound above the upper one gives the upper one.
 */
export const clamp = composed("clamp", (input: Tensor, { min, max }: Bounds): Tensor => {
  if ((min ?? null) === null && (max ?? null) === null) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "clamp needs a bound",
      where: "clamp",
      expected: "min, max or both",
      got: "neither",
    })
  }
  const bounds = [min, max].filter((bound) => bound !== undefined && bound !== null)
  const type = resultType(input, ...bounds)
  const [x, ...limits] = broadcastArguments("clamp", [input, ...bounds], type) as [Node, ...Node[]]
  let out = x
  if (min !== undefined && min !== null) out = ops.where(ops.lt(x, limits[0]!), limits[0]!, out)
  if (max !== undefined && max !== null) {
    const highest = limits.at(-1)!
    out = ops.where(ops.gt(out, highest), highest, out)
  }
  return wrap(out)
})

/** max(input, min); see `clamp`. */
export const clampMin = composed("clampMin", (input: Tensor, min: TensorLike): Tensor => {
  return clamp(input, { min })
})

/** min(input, max); see `clamp`. */
export const clampMax = composed("clampMax", (input: Tensor, max: TensorLike): Tensor => {
  return clamp(input, { max })
})
