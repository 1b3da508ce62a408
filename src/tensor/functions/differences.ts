import type { Shape } from "../../base/index.ts"
import { NablaError, normalizeDim } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { broadcastArguments, floatType, requireTensor, resultType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

export interface DiffOptions {
  /** How often the difference is taken (default 1). */
  readonly n?: number
  /** Dimension along which (default the last). */
  readonly dim?: number
  /** Tensors that are put before and behind the input first. */
  readonly prepend?: Tensor
  readonly append?: Tensor
}

/** All but the last, or all but the first element along a dimension. */
const head = (x: Node, dim: number): Node => ops.sliceDim(x, dim, 0, Math.max(x.shape[dim]! - 1, 0))
const tail = (x: Node, dim: number): Node =>
  ops.sliceDim(x, dim, Math.min(x.shape[dim]!, 1), Math.max(x.shape[dim]! - 1, 0))

/** xᵢ₊₁ − xᵢ along a dimension, n times; of truth values, whether they differ. */
export const diff = composed("diff", (input: Tensor, options: DiffOptions = {}): Tensor => {
  const { n = 1, dim = -1, prepend, append } = options
  if (requireTensor(input, "diff").ndim === 0 || !Number.isInteger(n) || n < 0) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "differences need a dimension, and a count that is a whole number ≥ 0",
      where: "diff",
      got: `a tensor of ${input.ndim} dimensions, n = ${n}`,
    })
  }
  const at = normalizeDim(dim, input.ndim, "diff")
  const parts = [prepend, input, append].filter((part) => part !== undefined)
  const type = resultType(...parts)
  let x = ops.cat(
    parts.map((part) => ops.cast(nodeOf(part), type)),
    at,
  )
  for (let i = 0; i < n; i++) {
    x = (type === "bool" ? ops.xor : ops.sub)(tail(x, at), head(x, at))
  }
  return wrap(x)
})

export interface TrapezoidOptions {
  /** Distance between the points when their places are not given (default 1). */
  readonly dx?: number
  /** Dimension along which the points lie (default the last). */
  readonly dim?: number
}

/** Areas of the trapezoids between neighbouring points: (yᵢ + yᵢ₊₁)/2·(xᵢ₊₁ − xᵢ). */
function areas(y: Tensor, x: Tensor | null | undefined, options: TrapezoidOptions): [Node, number] {
  const { dx = 1, dim = -1 } = options
  const at = normalizeDim(dim, requireTensor(y, "trapezoid").ndim, "trapezoid")
  const type = floatType(resultType(...(x ? [y, x] : [y])))
  const values = ops.cast(nodeOf(y), type)
  const heights = ops.scale(ops.add(head(values, at), tail(values, at)), 0.5)
  if (x === undefined || x === null) return [ops.scale(heights, dx), at]
  const along: Shape = y.shape.map((size, i) => (i === at ? size : 1))
  const places = x.ndim === 1 ? ops.reshape(nodeOf(x), along) : nodeOf(x)
  const own = x.ndim === 1 ? at : places.shape.length - (y.ndim - at)
  const steps = ops.sub(tail(places, own), head(places, own))
  const [h, s] = broadcastArguments("trapezoid", [wrap(heights), wrap(steps)], type)
  return [ops.mul(h!, s!), at]
}

/** ∫ y dx by the trapezoidal rule along a dimension. */
export const trapezoid = composed(
  "trapezoid",
  (y: Tensor, x?: Tensor | null, options: TrapezoidOptions = {}): Tensor => {
    const [parts, at] = areas(y, x, options)
    return wrap(ops.sum(parts, [at]))
  },
)

/** The integral up to each point: see `trapezoid`. */
export const cumulativeTrapezoid = composed(
  "cumulativeTrapezoid",
  (y: Tensor, x?: Tensor | null, options: TrapezoidOptions = {}): Tensor => {
    const [parts, at] = areas(y, x, options)
    return wrap(ops.cumsum(parts, at))
  },
)
