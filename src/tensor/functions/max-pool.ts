import { formatShape, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import type { Spatial } from "./spatial.ts"
import { checkImage, checkWindow, padSpatial, wholePerDimension } from "./spatial.ts"

export interface MaxPoolOptions {
  /** Default: the window's size. */
  readonly stride?: Spatial
  /** Padding never wins; at most half the window. */
  readonly padding?: Spatial
  readonly dilation?: Spatial
  /** Also windows that reach beyond the padded image, as long as they start inside of it. */
  readonly ceilMode?: boolean
  /** Also give where each maximum stands, as an index into the flattened plane of its channel. */
  readonly returnIndices?: boolean
}

/** Sliding windows over the spatial dimensions. */
export interface Pooling {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly number[]
  readonly dilation: readonly number[]
  /** Number of windows. */
  readonly positions: readonly number[]
}

export interface PoolingOptions {
  readonly stride?: Spatial | undefined
  readonly padding?: Spatial | undefined
  readonly dilation?: Spatial | undefined
  readonly ceilMode?: boolean | undefined
}

export function poolingOf(
  where: string,
  n: number,
  image: readonly number[],
  kernelSize: Spatial,
  options: PoolingOptions,
): Pooling {
  const kernel = wholePerDimension("kernelSize", kernelSize, n, 1, 1, where)
  const stride = wholePerDimension("stride", options.stride ?? kernelSize, n, 1, 1, where)
  const padding = wholePerDimension("padding", options.padding, n, 0, 0, where)
  const dilation = wholePerDimension("dilation", options.dilation, n, 1, 1, where)
  const reach = kernel.map((size, i) => dilation[i]! * (size - 1) + 1)
  if (padding.some((size, i) => size > reach[i]! / 2)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the padding is larger than half the window",
      where,
      expected: `at most ${formatShape(reach.map((size) => Math.floor(size / 2)))}`,
      got: formatShape(padding),
    })
  }
  const positions = image.map((size, i) =>
    windowCount(size, padding[i]!, reach[i]!, stride[i]!, options.ceilMode ?? false),
  )
  if (!options.ceilMode || positions.some((count) => count < 1)) {
    const padded = image.map((size, i) => size + 2 * padding[i]!)
    checkWindow(where, padded, kernel, dilation)
  }
  return { kernel, stride, padding, dilation, positions }
}

function windowCount(size: number, padding: number, reach: number, stride: number, ceil: boolean): number {
  const room = size + 2 * padding - reach
  if (!ceil) return Math.floor(room / stride) + 1
  const count = Math.ceil(room / stride) + 1
  // The last window must start inside the image or its left padding.
  return (count - 1) * stride >= size + padding ? count - 1 : count
}

/** A view of the windows: […, positions…, places in the window…]; `value` fills what lies outside of the image. */
export function poolingWindows(
  x: Node,
  { kernel, stride, padding, dilation, positions }: Pooling,
  value: number,
): Node {
  const n = kernel.length
  const rank = x.shape.length
  const image = x.shape.slice(rank - n)
  const needed = image.map((_, i) => (positions[i]! - 1) * stride[i]! + dilation[i]! * (kernel[i]! - 1) + 1)
  const after = image.map((size, i) => Math.max(padding[i]!, needed[i]! - size - padding[i]!))
  const dims = kernel.map((_, i) => rank - n + i)
  return ops.windows(padSpatial(x, padding, after, value), { dims, size: kernel, stride, dilation })
}

function lowest(x: Node): number {
  return x.aval.dtype === "int32" ? -2147483648 : Number.NEGATIVE_INFINITY
}

function maxPool(n: number, input: Tensor, kernelSize: Spatial, options: MaxPoolOptions): Tensor | Tensor[] {
  const where = `maxPool${n}d`
  checkImage(where, input.shape, n)
  const node = nodeOf(input)
  const pooling = poolingOf(where, n, input.shape.slice(-n), kernelSize, options)
  const windows = poolingWindows(node, pooling, lowest(node))
  const places = pooling.kernel.map((_, i) => node.shape.length + i)
  const values = wrap(ops.maxReduce(windows, places, "first"))
  if (!options.returnIndices) return values
  const place = ops.argmax(windows, places)
  return [values, wrap(planeIndex(place, node.shape.slice(-n), pooling))]
}

/** Index into the plane from the number of a place within each window. */
function planeIndex(
  place: Node,
  image: readonly number[],
  { kernel, stride, padding, dilation }: Pooling,
): Node {
  const n = image.length
  const rank = place.shape.length
  const whole = (value: number): Node => ops.constantLike(place, value)
  let rest = place
  let flat = whole(0)
  let planeStride = 1
  for (let i = n - 1; i >= 0; i--) {
    const outer = ops.div(rest, whole(kernel[i]!))
    const within = ops.sub(rest, ops.scale(outer, kernel[i]!))
    rest = outer
    const start = ops.scale(ops.iota(place.shape, [rank - n + i]), stride[i]!)
    const at = ops.sub(ops.add(start, ops.scale(within, dilation[i]!)), whole(padding[i]!))
    // A window whose elements are all −∞ finds its maximum in the padding.
    const inside = ops.minimum(ops.maximum(at, whole(0)), whole(image[i]! - 1))
    flat = ops.add(flat, ops.scale(inside, planeStride))
    planeStride *= image[i]!
  }
  return flat
}

/** What max pooling gives: the maxima, or the maxima and their indices. */
export type Pooled<O> = O extends { readonly returnIndices: true } ? [Tensor, Tensor] : Tensor

/** Largest value in each window of [N, C, L]; the first of equal ones has the derivative. */
export const maxPool1d = composed(
  "maxPool1d",
  <O extends MaxPoolOptions = MaxPoolOptions>(input: Tensor, kernelSize: Spatial, options?: O): Pooled<O> => {
    return maxPool(1, input, kernelSize, options ?? {}) as Pooled<O>
  },
)

/** Largest value in each window of [N, C, H, W]; the first of equal ones has the derivative. */
export const maxPool2d = composed(
  "maxPool2d",
  <O extends MaxPoolOptions = MaxPoolOptions>(input: Tensor, kernelSize: Spatial, options?: O): Pooled<O> => {
    return maxPool(2, input, kernelSize, options ?? {}) as Pooled<O>
  },
)

/** Largest value in each window of [N, C, D, H, W]; the first of equal ones has the derivative. */
export const maxPool3d = composed(
  "maxPool3d",
  <O extends MaxPoolOptions = MaxPoolOptions>(input: Tensor, kernelSize: Spatial, options?: O): Pooled<O> => {
    return maxPool(3, input, kernelSize, options ?? {}) as Pooled<O>
  },
)
