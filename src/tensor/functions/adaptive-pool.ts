import { formatShape, hostArray, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import type { Source } from "../../ops/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import type { Pooled } from "./max-pool.ts"
import { checkImage } from "./spatial.ts"
import { table } from "./tables.ts"

/** Sizes of the result; null keeps that of the image. */
export type OutputSize = number | null | readonly (number | null)[]

function outputSizes(where: string, image: readonly number[], size: OutputSize): number[] {
  const list = size === null || typeof size === "number" ? image.map(() => size) : [...size]
  const sizes = list.length === 1 ? image.map(() => list[0]!) : list
  const found = sizes.map((entry, i) => entry ?? image[i]!)
  if (sizes.length === image.length && found.every((entry) => Number.isInteger(entry) && entry >= 0)) {
    return found
  }
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "outputSize does not fit the image",
    where,
    expected: `one whole number, or ${image.length} of them`,
    got: formatShape(list.map(Number)),
  })
}

/** Window i of `count` over `size` elements: from ⌊i·size/count⌋ up to ⌈(i+1)·size/count⌉. */
function windowBounds(i: number, size: number, count: number): [start: number, end: number] {
  return [Math.floor((i * size) / count), Math.ceil(((i + 1) * size) / count)]
}

function adaptiveAvgPool(n: number, input: Tensor, outputSize: OutputSize): Tensor {
  const where = `adaptiveAvgPool${n}d`
  checkImage(where, input.shape, n)
  const sizes = outputSizes(where, input.shape.slice(-n), outputSize)
  let node = ops.cast(nodeOf(input), floatType(input.dtype))
  sizes.forEach((count, i) => {
    node = averageAlong(node, node.shape.length - n + i, count)
  })
  return wrap(node)
}

/** Means along one dimension: a mean is the mean of means, since all windows of a row have the same columns. */
function averageAlong(x: Node, dim: number, count: number): Node {
  const size = x.shape[dim]!
  if (count === size) return x
  if (count > 0 && size % count === 0) {
    const parts = ops.reshape(x, [...x.shape.slice(0, dim), count, size / count, ...x.shape.slice(dim + 1)])
    return ops.scale(ops.sum(parts, [dim + 1]), count / size)
  }
  const out = ops.dot(x, averages(x, size, count), {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [dim],
    rhsContract: [1],
  })
  const rank = x.shape.length
  const order = x.shape.map((_, i) => (i < dim ? i : i === dim ? rank - 1 : i - 1))
  return ops.permute(out, order)
}

/** The matrix [count, size] whose rows hold 1/width in their windows. */
function averages(x: Node, size: number, count: number): Node {
  const { dtype } = x.aval
  return table("averages", [count, size], dtype, () => {
    const data = hostArray(dtype, count * size)
    for (let i = 0; i < count; i++) {
      const [start, end] = windowBounds(i, size, count)
      data.fill(1 / (end - start), i * size + start, i * size + end)
    }
    return data
  })
}

/** Mean over windows that divide [N, C, L] into outputSize parts as even as possible. */
export const adaptiveAvgPool1d = composed(
  "adaptiveAvgPool1d",
  (input: Tensor, outputSize: OutputSize): Tensor => {
    return adaptiveAvgPool(1, input, outputSize)
  },
)

/** Mean over windows that divide [N, C, H, W] into outputSize parts as even as possible. */
export const adaptiveAvgPool2d = composed(
  "adaptiveAvgPool2d",
  (input: Tensor, outputSize: OutputSize): Tensor => {
    return adaptiveAvgPool(2, input, outputSize)
  },
)

/** Mean over windows that divide [N, C, D, H, W] into outputSize parts as even as possible. */
export const adaptiveAvgPool3d = composed(
  "adaptiveAvgPool3d",
  (input: Tensor, outputSize: OutputSize): Tensor => {
    return adaptiveAvgPool(3, input, outputSize)
  },
)

export interface AdaptiveMaxPoolOptions {
  /** Also give where each maximum stands, as an index into the flattened plane of its channel. */
  readonly returnIndices?: boolean
}

function adaptiveMaxPool(
  n: number,
  input: Tensor,
  outputSize: OutputSize,
  options: AdaptiveMaxPoolOptions,
): Tensor | Tensor[] {
  const where = `adaptiveMaxPool${n}d`
  checkImage(where, input.shape, n)
  const image = input.shape.slice(-n)
  const windows = gatherWindows(nodeOf(input), outputSizes(where, image, outputSize))
  const places = image.map((_, i) => input.ndim + i)
  const values = wrap(ops.maxReduce(windows, places, "first"))
  if (!options.returnIndices) return values
  // The same windows over the indices themselves; the place of the maximum picks among them.
  const plane = ops.iota(
    input.shape,
    image.map((_, i) => input.ndim - n + i),
  )
  const indices = gatherWindows(plane, outputSizes(where, image, outputSize))
  const best = ops.spread(ops.argmax(windows, places), windows.shape, places)
  const chosen = ops.eq(ops.iota(windows.shape, places), best)
  const index = ops.sum(ops.where(chosen, indices, ops.constantLike(indices, 0)), places)
  return [values, wrap(index)]
}

/**
 * […, image…] → […, windows…, places…]. Windows differ in width: the narrower ones repeat their last element, which
 * never becomes the first of equal maxima.
 */
function gatherWindows(x: Node, counts: readonly number[]): Node {
  const n = counts.length
  const lead = x.shape.slice(0, -n)
  const image = x.shape.slice(-n)
  const tables = image.map((size, i) => windowTable(size, counts[i]!))
  const picked = [...lead, ...counts, ...tables.map(({ shape }) => shape[1]!)]
  const sources: Source[] = [
    ...lead.map((_, dim): Source => ({ kind: "slice", dim, start: 0, step: 1 })),
    ...image.map(
      (_, i): Source => ({ kind: "tensor", tensor: i, at: [lead.length + i, lead.length + n + i] }),
    ),
  ]
  return ops.gather(x, tables, { table: x.shape, picked, sources })
}

/** The elements of each window: a table [windows, places] of indices. */
function windowTable(size: number, count: number): Node {
  const bounds = Array.from({ length: count }, (_, i) => windowBounds(i, size, count))
  const width = Math.max(0, ...bounds.map(([start, end]) => end - start))
  return table(`windows ${size}`, [count, width], "int32", () => {
    const data = new Int32Array(count * width)
    bounds.forEach(([start, end], i) => {
      for (let place = 0; place < width; place++) data[i * width + place] = Math.min(start + place, end - 1)
    })
    return data
  })
}

/** Maximum over windows that divide [N, C, L] into outputSize parts as even as possible. */
export const adaptiveMaxPool1d = composed(
  "adaptiveMaxPool1d",
  <O extends AdaptiveMaxPoolOptions = AdaptiveMaxPoolOptions>(
    input: Tensor,
    outputSize: OutputSize,
    options?: O,
  ): Pooled<O> => {
    return adaptiveMaxPool(1, input, outputSize, options ?? {}) as Pooled<O>
  },
)

/** Maximum over windows that divide [N, C, H, W] into outputSize parts as even as possible. */
export const adaptiveMaxPool2d = composed(
  "adaptiveMaxPool2d",
  <O extends AdaptiveMaxPoolOptions = AdaptiveMaxPoolOptions>(
    input: Tensor,
    outputSize: OutputSize,
    options?: O,
  ): Pooled<O> => {
    return adaptiveMaxPool(2, input, outputSize, options ?? {}) as Pooled<O>
  },
)

/** Maximum over windows that divide [N, C, D, H, W] into outputSize parts as even as possible. */
export const adaptiveMaxPool3d = composed(
  "adaptiveMaxPool3d",
  <O extends AdaptiveMaxPoolOptions = AdaptiveMaxPoolOptions>(
    input: Tensor,
    outputSize: OutputSize,
    options?: O,
  ): Pooled<O> => {
    return adaptiveMaxPool(3, input, outputSize, options ?? {}) as Pooled<O>
  },
)
