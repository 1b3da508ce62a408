import { formatShape, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import type { Source } from "../../ops/index.ts"
import * as ops from "../../ops/index.ts"
import { resultType, toNode } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"

export interface GridSampleOptions {
  /** Default: "bilinear" (for volumes: trilinear). */
  readonly mode?: "bilinear" | "nearest"
  /** What lies outside of the image: zeros (default), its border, or its mirror image. */
  readonly paddingMode?: "zeros" | "border" | "reflection"
  /** Whether −1 and 1 mean the middles of the corner elements (true) or the corners of the image (default). */
  readonly alignCorners?: boolean
}

/**
 * Samples an image at places given in coordinates from −1 to 1: input [N, C, H, W], grid [N, H′, W′, 2] of (x, y) →
 * [N, C, H′, W′]; volumes [N, C, D, H, W] take (x, y, z). Differentiable in the image and in the grid.
 */
export const gridSample = composed(
  "gridSample",
  (input: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor => {
    const n = input.ndim - 2
    checkArguments(input, grid, n)
    const dtype = resultType(input, grid)
    const image = toNode(input, dtype)
    const { mode = "bilinear", paddingMode = "zeros", alignCorners = false } = options
    const sizes = input.shape.slice(2)
    // The last number of a place belongs to the first spatial dimension.
    const places = sizes.map((size, i) => {
      const coordinate = coordinateOf(toNode(grid, dtype), n - 1 - i)
      return bounded(unnormalized(coordinate, size, alignCorners), size, paddingMode, alignCorners)
    })
    if (mode === "nearest") {
      return wrap(pick(image, places.map(ops.round), paddingMode === "zeros"))
    }
    return wrap(blend(image, places, paddingMode === "zeros"))
  },
)

function checkArguments(input: Tensor, grid: Tensor, n: number): void {
  const fits =
    (n === 2 || n === 3) && grid.ndim === n + 2 && grid.shape.at(-1) === n && grid.shape[0] === input.shape[0]
  if (fits) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the grid does not fit the image",
    where: "gridSample",
    expected: "an image [N, C, H, W] and a grid [N, H′, W′, 2], or [N, C, D, H, W] and [N, D′, H′, W′, 3]",
    got: `${formatShape(input.shape)} and ${formatShape(grid.shape)}`,
  })
}

function coordinateOf(grid: Node, which: number): Node {
  const last = grid.shape.length - 1
  return ops.reshape(ops.sliceDim(grid, last, which, 1), grid.shape.slice(0, -1))
}

const like = ops.constantLike

/** From −1 … 1 to element numbers. */
function unnormalized(x: Node, size: number, alignCorners: boolean): Node {
  if (alignCorners) return ops.scale(ops.add(x, like(x, 1)), (size - 1) / 2)
  return ops.scale(ops.sub(ops.scale(ops.add(x, like(x, 1)), size), like(x, 1)), 0.5)
}

function bounded(x: Node, size: number, paddingMode: string, alignCorners: boolean): Node {
  if (paddingMode === "zeros") return x
  const inside = paddingMode === "border" ? x : reflected(x, size, alignCorners)
  return clipped(inside, size)
}

/** At a bound and beyond it the derivative is 0. */
function clipped(x: Node, size: number): Node {
  const low = ops.le(x, like(x, 0))
  const high = ops.ge(x, like(x, size - 1))
  return ops.where(low, like(x, 0), ops.where(high, like(x, size - 1), x))
}

/** Mirrors at the middles of the border elements, or at the borders of the image. */
function reflected(x: Node, size: number, alignCorners: boolean): Node {
  const low = alignCorners ? 0 : -0.5
  const span = alignCorners ? size - 1 : size
  if (span === 0) return like(x, 0)
  const distance = ops.abs(ops.sub(x, like(x, low)))
  const extra = ops.fmod(distance, like(x, span))
  const flips = ops.floor(ops.div(distance, like(x, span)))
  const even = ops.eq(ops.fmod(flips, like(x, 2)), like(x, 0))
  const forwards = ops.add(extra, like(x, low))
  const backwards = ops.sub(like(x, span + low), extra)
  return ops.where(even, forwards, backwards)
}

/** The elements at whole places: image [N, C, …], places [N, …] → [N, C, …]. */
function pick(image: Node, places: readonly Node[], zeroOutside: boolean): Node {
  const [batch, channels, ...sizes] = image.shape
  const outer = places[0]!.shape.slice(1)
  const picked = [batch!, channels!, ...outer]
  const at = [0, ...outer.map((_, i) => 2 + i)]
  const sources: Source[] = [
    { kind: "slice", dim: 0, start: 0, step: 1 },
    { kind: "slice", dim: 1, start: 0, step: 1 },
    ...places.map((_, i): Source => ({ kind: "tensor", tensor: i, at })),
  ]
  // The gather keeps indices inside of the image.
  const indices = places.map((place) => ops.cast(ops.detach(place), "int32"))
  const elements = ops.gather(image, indices, { table: image.shape, picked, sources })
  if (!zeroOutside) return elements
  const inside = places
    .map((place, i) => ops.and(ops.ge(place, like(place, 0)), ops.le(place, like(place, sizes[i]! - 1))))
    .reduce(ops.and)
  return ops.where(overChannels(inside, picked), elements, like(elements, 0))
}

/** The same for every channel. */
function overChannels(x: Node, shape: readonly number[]): Node {
  const [batch, ...outer] = x.shape
  return ops.expand(ops.reshape(x, [batch!, 1, ...outer]), shape)
}

/** Σ over the corners of the cell around each place, each weighted by the cell opposite to it. */
function blend(image: Node, places: readonly Node[], zeroOutside: boolean): Node {
  const low = places.map((place) => ops.floor(place))
  const share = places.map((place, i) => ops.sub(place, low[i]!))
  let total: Node | null = null
  for (let corner = 0; corner < 2 ** places.length; corner++) {
    const upper = places.map((_, i) => ((corner >> i) & 1) === 1)
    const at = low.map((place, i) => (upper[i] ? ops.add(place, like(place, 1)) : place))
    const weight = share.map((part, i) => (upper[i] ? part : ops.sub(like(part, 1), part))).reduce(ops.mul)
    const elements = pick(image, at, zeroOutside)
    const term = ops.mul(elements, overChannels(weight, elements.shape))
    total = total === null ? term : ops.add(total, term)
  }
  return total!
}

export interface AffineGridOptions {
  /** See GridSampleOptions. */
  readonly alignCorners?: boolean
}

/**
 * The grid of an affine map: theta [N, 2, 3] and the size [N, C, H, W] of the result give places [N, H, W, 2] for
 * gridSample; theta [N, 3, 4] and [N, C, D, H, W] give [N, D, H, W, 3].
 */
export const affineGrid = composed(
  "affineGrid",
  (theta: Tensor, size: readonly number[], { alignCorners = false }: AffineGridOptions = {}): Tensor => {
    const n = size.length - 2
    const fits = theta.ndim === 3 && theta.shape[1] === n && theta.shape[2] === n + 1
    if ((n !== 2 && n !== 3) || !fits || theta.shape[0] !== size[0]) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the maps do not fit the size",
        where: "affineGrid",
        expected: "theta [N, 2, 3] for [N, C, H, W], or [N, 3, 4] for [N, C, D, H, W]",
        got: `${formatShape(theta.shape)} for ${formatShape(size)}`,
      })
    }
    const image = size.slice(2)
    const maps = nodeOf(theta)
    const columns = [...image.keys()].map((dim) => {
      const length = image[dim]!
      const at = ops.cast(ops.iota(image, [dim]), maps.aval.dtype)
      // Middles of the elements: (2i + 1)/length − 1; with aligned corners 2i/(length − 1) − 1.
      if (!alignCorners) return ops.sub(ops.scale(at, 2 / length), like(at, 1 - 1 / length))
      return length === 1 ? like(at, 0) : ops.sub(ops.scale(at, 2 / (length - 1)), like(at, 1))
    })
    const ones = ops.constant(1, image, maps.aval.dtype)
    const points = [...columns.reverse(), ones].map((x) => ops.reshape(x, [...image, 1]))
    const base = ops.cat(points, n)
    // [N, n, n+1] × [image, n+1] → [N, n, image]
    const out = ops.dot(maps, base, { lhsBatch: [], rhsBatch: [], lhsContract: [2], rhsContract: [n] })
    return wrap(ops.permute(out, [0, ...image.map((_, i) => 2 + i), 1]))
  },
)
