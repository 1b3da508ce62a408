import * as ops from "../../ops/index.ts"
import type { Size } from "../size.ts"
import { isKnown, product, sameSizes } from "../size.ts"
import type { Step } from "../trace.ts"
import type { Value } from "../writer.ts"
import type { Emitter } from "./rule.ts"
import { upTo } from "./rule.ts"
import { slidingWindows } from "./sliding.ts"

/** One factor of a product, and what its dimensions are for. */
interface Factor {
  readonly step: Step
  readonly batch: readonly number[]
  readonly contract: readonly number[]
  readonly free: readonly number[]
}

export function factorsOf(step: Step<ops.ContractionDims>): [Factor, Factor] {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = step.fixed((attrs) => attrs)
  const [lhs, rhs] = step.inputs as [Step, Step]
  return [
    {
      step: lhs,
      batch: lhsBatch,
      contract: lhsContract,
      free: ops.freeDims(lhs.shape.length, lhsBatch, lhsContract),
    },
    {
      step: rhs,
      batch: rhsBatch,
      contract: rhsContract,
      free: ops.freeDims(rhs.shape.length, rhsBatch, rhsContract),
    },
  ]
}

const shapeAt = (step: Step, dims: readonly number[]): Size[] => dims.map((dim) => step.shape[dim]!)

/** A product of filters with all places of sliding windows is a convolution; null for any other product. */
export function convolution(step: Step<ops.ContractionDims>, out: Emitter): Value | null {
  if (step.dtype !== "float32") return null
  const factors = factorsOf(step)
  return convolved(step, out, factors, 1) ?? convolved(step, out, factors, 0)
}

/** The same, where factor number `side` has the windows. */
function convolved(step: Step, out: Emitter, factors: readonly [Factor, Factor], side: 0 | 1): Value | null {
  const [image, filters] = [factors[side], factors[1 - side]!]
  const seen = slidingWindows(image.step, out, 0)
  if (seen === null) return null
  const { attrs } = seen
  const rank = seen.image.shape.length
  const places = attrs.dims.map((_, i) => rank + i)
  const inside = places.every((dim) => image.contract.includes(dim))
  const outside = attrs.dims.every((dim) => image.free.includes(dim))
  if (!inside || !outside || attrs.dims.length > 3 || image.batch.length > 1) return null
  const channels = image.contract.filter((dim) => dim < rank)
  const examples = image.free.filter((dim) => !attrs.dims.includes(dim))
  /** The filters' dimension that is multiplied with one of the image. */
  const paired = (dim: number): number => filters.contract[image.contract.indexOf(dim)]!
  const groups = product(shapeAt(filters.step, filters.batch))
  const depth = product(shapeAt(image.step, channels))
  const outputs = product(shapeAt(filters.step, filters.free))
  const all = product(shapeAt(image.step, examples))
  if (groups === null || depth === null || outputs === null || all === null) return null
  if (!isKnown(groups) || !isKnown(depth) || !isKnown(outputs)) return null
  const { write } = out
  const ordered = write.transpose(seen.image, [...examples, ...image.batch, ...channels, ...attrs.dims])
  const spatial = attrs.dims.map((dim) => seen.image.shape[dim]!)
  const x = write.reshape(ordered, [all, groups * depth, ...spatial])
  const turned = write.transpose(out.full(filters.step), [
    ...filters.batch,
    ...filters.free,
    ...channels.map(paired),
    ...places.map(paired),
  ])
  const w = write.reshape(turned, [groups * outputs, depth, ...attrs.size])
  const positions = shapeAt(image.step, attrs.dims)
  const conv = write.emit(
    "Conv",
    [x, w],
    { type: step.dtype, shape: [all, groups * outputs, ...positions] },
    {
      kernel_shape: attrs.size,
      strides: attrs.stride,
      dilations: attrs.dilation,
      pads: [...seen.before, ...seen.after],
      group: groups,
    },
  )
  // [examples…, groups…, outputs…, positions…] in the order of the product: groups, left factor, right factor.
  const parts = [
    ...examples.map((dim) => ({ from: side, dim, size: image.step.shape[dim]! })),
    ...filters.batch.map((dim) => ({ from: -1, dim, size: filters.step.shape[dim]! })),
    ...filters.free.map((dim) => ({ from: 1 - side, dim, size: filters.step.shape[dim]! })),
    ...attrs.dims.map((dim) => ({ from: side, dim, size: image.step.shape[dim]! })),
  ]
  const order = upTo(parts.length).sort((a, b) => {
    const [left, right] = [parts[a]!, parts[b]!]
    return left.from - right.from || (left.from === -1 ? 0 : left.dim - right.dim)
  })
  const apart = write.reshape(
    conv,
    parts.map(({ size }) => size),
  )
  return write.transpose(apart, order)
}

/**
 * Windows folded back into an image, where they are a product of filters and image: a transposed convolution. Null for
 * any other fold.
 */
export function transposedConvolution(step: Step<ops.FoldAttrs>, out: Emitter): Value | null {
  const [inner] = step.inputs as [Step]
  const moved = inner.is(ops.permuteOp)
  const dot = moved ? inner.inputs[0]! : inner
  if (step.dtype !== "float32" || !dot.is(ops.dotOp)) return null
  const order = moved ? inner.fixed(({ dims }) => dims) : upTo(inner.shape.length)
  const factors = factorsOf(dot)
  const [left, right] = factors
  /** Where each dimension of the fold's argument comes from: the factor (-1: both) and its dimension there. */
  const made = [
    ...left.batch.map((dim, i) => ({ side: -1, dim, other: right.batch[i]! })),
    ...left.free.map((dim) => ({ side: 0, dim, other: -1 })),
    ...right.free.map((dim) => ({ side: 1, dim, other: -1 })),
  ]
  const sources = order.map((dim) => made[dim]!)
  const { dims, size, stride, dilation } = step.fixed(({ shape: _, ...attrs }) => attrs)
  const rank = step.shape.length
  const positions = dims.map((dim) => sources[dim]!)
  const places = dims.map((_, i) => sources[rank + i]!)
  const side = positions[0]!.side
  const fits =
    side >= 0 &&
    positions.every((source) => source.side === side) &&
    places.every((source) => source.side === 1 - side)
  if (!fits || dims.length > 3) return null
  const [image, filters] = [factors[side]!, factors[1 - side]!]
  const examples = image.free.filter((dim) => positions.every((source) => source.dim !== dim))
  const channels = filters.free.filter((dim) => places.every((source) => source.dim !== dim))
  const groups = product(shapeAt(image.step, image.batch))
  const depth = product(shapeAt(image.step, image.contract))
  const outputs = product(shapeAt(filters.step, channels))
  const all = product(shapeAt(image.step, examples))
  if (groups === null || depth === null || outputs === null || all === null) return null
  if (!isKnown(groups) || !isKnown(depth) || !isKnown(outputs)) return null
  const lengths = positions.map(({ dim }) => image.step.shape[dim]!)
  const full = lengths.map((length, i) =>
    isKnown(length) ? (length - 1) * stride[i]! + dilation[i]! * (size[i]! - 1) + 1 : length,
  )
  if (
    !sameSizes(
      full,
      dims.map((dim) => step.shape[dim]!),
    )
  )
    return null
  const { write } = out
  const images = [...examples, ...image.batch, ...image.contract, ...positions.map(({ dim }) => dim)]
  const x = write.reshape(write.transpose(out.full(image.step), images), [all, groups * depth, ...lengths])
  const filtered = [...filters.batch, ...filters.contract, ...channels, ...places.map(({ dim }) => dim)]
  const turned = write.transpose(out.full(filters.step), filtered)
  const w = write.reshape(turned, [groups * depth, outputs, ...size])
  const conv = write.emit(
    "ConvTranspose",
    [x, w],
    { type: step.dtype, shape: [all, groups * outputs, ...full] },
    { kernel_shape: size, strides: stride, dilations: dilation, group: groups },
  )
  const written = [
    ...examples.map((dim) => ({ side, dim })),
    ...image.batch.map((_, i) => ({ side: -1, dim: left.batch[i]! })),
    ...channels.map((dim) => ({ side: 1 - side, dim })),
    ...positions,
  ]
  const at = upTo(rank).map((dim) => {
    const source = sources[dim]!
    return written.findIndex((it) => it.side === source.side && it.dim === source.dim)
  })
  const shape = upTo(rank).map((i) => step.shape[at.indexOf(i)]!)
  return write.transpose(write.reshape(conv, shape), at)
}
