import { NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import type { Pooling } from "./max-pool.ts"
import { poolingOf, poolingWindows } from "./max-pool.ts"
import { pow } from "./power.ts"
import type { Spatial } from "./spatial.ts"
import { checkImage } from "./spatial.ts"

export interface AvgPoolOptions {
  /** Default: the window's size. */
  readonly stride?: Spatial
  /** Zeros around the image; at most half the window. */
  readonly padding?: Spatial
  /** Also windows that reach beyond the padded image, as long as they start inside of it. */
  readonly ceilMode?: boolean
  /** Whether padding counts as elements (default) when the sum is divided by their number. */
  readonly countIncludePad?: boolean
  /** Divide by this instead of by the number of elements. */
  readonly divisorOverride?: number
}

function avgPool(n: number, input: Tensor, kernelSize: Spatial, options: AvgPoolOptions): Tensor {
  const where = `avgPool${n}d`
  checkImage(where, input.shape, n)
  const node = ops.cast(nodeOf(input), floatType(input.dtype))
  const pooling = poolingOf(where, n, input.shape.slice(-n), kernelSize, options)
  const places = pooling.kernel.map((_, i) => node.shape.length + i)
  const sums = ops.sum(poolingWindows(node, pooling, 0), places)
  const { divisorOverride } = options
  if (divisorOverride === undefined) {
    return wrap(divideByCounts(sums, node.shape.slice(-n), pooling, options.countIncludePad ?? true))
  }
  if (divisorOverride === 0) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the divisor is zero",
      where,
      expected: "a number other than 0",
      got: "0",
    })
  }
  return wrap(ops.scale(sums, 1 / divisorOverride))
}

/** Divides each sum by the number of elements in its window, padding included or not. */
function divideByCounts(
  sums: Node,
  image: readonly number[],
  pooling: Pooling,
  includePadding: boolean,
): Node {
  const n = image.length
  const first = sums.shape.length - n
  let divided = sums
  let common = 1
  image.forEach((size, i) => {
    const counts = windowSizes(size, i, pooling, includePadding)
    if (counts.every((count) => count === counts[0])) common *= counts[0] ?? 1
    else divided = ops.div(divided, countsAlong(divided, first + i, size, i, pooling, includePadding))
  })
  return ops.scale(divided, 1 / common)
}

/** Bounds of the elements that count: the padded image or the image. */
function bounds(size: number, padding: number, includePadding: boolean): [low: number, high: number] {
  return includePadding ? [-padding, size + padding] : [0, size]
}

function windowSizes(size: number, i: number, pooling: Pooling, includePadding: boolean): number[] {
  const { kernel, stride, padding, positions } = pooling
  const [low, high] = bounds(size, padding[i]!, includePadding)
  return Array.from({ length: positions[i]! }, (_, at) => {
    const start = at * stride[i]! - padding[i]!
    return Math.min(start + kernel[i]!, high) - Math.max(start, low)
  })
}

/** The same numbers as a tensor, from the positions. */
function countsAlong(
  like: Node,
  dim: number,
  size: number,
  i: number,
  { kernel, stride, padding }: Pooling,
  includePadding: boolean,
): Node {
  const at = ops.iota(like.shape, [dim])
  const whole = (value: number): Node => ops.constantLike(at, value)
  const [low, high] = bounds(size, padding[i]!, includePadding)
  const start = ops.sub(ops.scale(at, stride[i]!), whole(padding[i]!))
  const end = ops.minimum(ops.add(start, whole(kernel[i]!)), whole(high))
  return ops.cast(ops.sub(end, ops.maximum(start, whole(low))), like.aval.dtype)
}

/** Mean of each window of [N, C, L]. */
export const avgPool1d = composed(
  "avgPool1d",
  (input: Tensor, kernelSize: Spatial, options: Omit<AvgPoolOptions, "divisorOverride"> = {}): Tensor => {
    return avgPool(1, input, kernelSize, options)
  },
)

/** Mean of each window of [N, C, H, W]. */
export const avgPool2d = composed(
  "avgPool2d",
  (input: Tensor, kernelSize: Spatial, options: AvgPoolOptions = {}): Tensor => {
    return avgPool(2, input, kernelSize, options)
  },
)

/** Mean of each window of [N, C, D, H, W]. */
export const avgPool3d = composed(
  "avgPool3d",
  (input: Tensor, kernelSize: Spatial, options: AvgPoolOptions = {}): Tensor => {
    return avgPool(3, input, kernelSize, options)
  },
)

export interface LpPoolOptions {
  /** Default: the window's size. */
  readonly stride?: Spatial
  readonly ceilMode?: boolean
}

/** (Σ xᵖ)^(1/p) over windows; as in PyTorch the sum is that of the mean times the window's size. */
function lpPool(
  n: number,
  input: Tensor,
  normType: number,
  kernelSize: Spatial,
  options: LpPoolOptions,
): Tensor {
  const where = `lpPool${n}d`
  checkImage(where, input.shape, n)
  const node = ops.cast(nodeOf(input), floatType(input.dtype))
  const pooling = poolingOf(where, n, input.shape.slice(-n), kernelSize, options)
  const powers = nodeOf(pow(wrap(node), normType))
  const places = pooling.kernel.map((_, i) => node.shape.length + i)
  const sums = ops.sum(poolingWindows(powers, pooling, 0), places)
  const mean = divideByCounts(sums, node.shape.slice(-n), pooling, true)
  const total = ops.scale(
    mean,
    pooling.kernel.reduce((product, size) => product * size, 1),
  )
  // The root has no derivative at 0; PyTorch's is 0.
  const zero = ops.eq(total, ops.constantLike(total, 0))
  const root = pow(wrap(ops.where(zero, ops.constantLike(total, 1), total)), 1 / normType)
  return wrap(ops.where(zero, total, nodeOf(root)))
}

/** Power mean of each window of [N, C, L]: (Σ xᵖ)^(1/p). */
export const lpPool1d = composed(
  "lpPool1d",
  (input: Tensor, normType: number, kernelSize: Spatial, options: LpPoolOptions = {}): Tensor => {
    return lpPool(1, input, normType, kernelSize, options)
  },
)

/** Power mean of each window of [N, C, H, W]: (Σ xᵖ)^(1/p). */
export const lpPool2d = composed(
  "lpPool2d",
  (input: Tensor, normType: number, kernelSize: Spatial, options: LpPoolOptions = {}): Tensor => {
    return lpPool(2, input, normType, kernelSize, options)
  },
)

/** Power mean of each window of [N, C, D, H, W]: (Σ xᵖ)^(1/p). */
export const lpPool3d = composed(
  "lpPool3d",
  (input: Tensor, normType: number, kernelSize: Spatial, options: LpPoolOptions = {}): Tensor => {
    return lpPool(3, input, normType, kernelSize, options)
  },
)
