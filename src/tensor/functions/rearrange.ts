import type { Shape } from "../../base/index.ts"
import { formatShape, NablaError, normalizeDim, normalizeDims } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import { checkIndexType } from "../indices.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap, wrapHost } from "../tensor.ts"
import { indexSelect } from "./gather.ts"
import { flatten, permute, reshape, transpose } from "./shape.ts"

/** Reverses dimensions. */
export const flip = composed("flip", (input: Tensor, dims: number | readonly number[]): Tensor => {
  const list = typeof dims === "number" ? [dims] : dims
  if (list.length === 0) return input
  return wrap(ops.flip(nodeOf(input), normalizeDims(list, input.ndim, "flip")))
})

/** Reverses the second dimension: left to right. */
export const fliplr = composed("fliplr", (input: Tensor): Tensor => {
  return flip(input, [1])
})

/** Reverses the first dimension: top to bottom. */
export const flipud = composed("flipud", (input: Tensor): Tensor => {
  return flip(input, [0])
})

/** Shifts elements along dimensions; what leaves at the end comes in at the start. Without dims: the flat order. */
export const roll = composed(
  "roll",
  (input: Tensor, shifts: number | readonly number[], dims?: number | readonly number[] | null): Tensor => {
    const amounts = typeof shifts === "number" ? [shifts] : shifts
    if (dims === undefined || dims === null || (typeof dims === "object" && dims.length === 0)) {
      if (input.numel() === 0) return input
      return reshape(roll(flatten(input), [amounts[0]!], [0]), input.shape)
    }
    const list = typeof dims === "number" ? [dims] : dims
    if (list.length !== amounts.length) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "roll needs one shift for each dimension",
        where: "roll",
        expected: `${list.length} shifts`,
        got: formatShape(amounts),
      })
    }
    let node = nodeOf(input)
    list.forEach((dim, i) => {
      const at = normalizeDim(dim, input.ndim, "roll")
      const size = input.shape[at] ?? 0
      const shift = size === 0 ? 0 : ((amounts[i]! % size) + size) % size
      if (shift === 0) return
      const tail = ops.sliceDim(node, at, size - shift, shift)
      node = ops.cat([tail, ops.sliceDim(node, at, 0, size - shift)], at)
    })
    return wrap(node)
  },
)

/** Turns the plane of two dimensions k times by 90°, from the first towards the second. */
export const rot90 = composed("rot90", (input: Tensor, k = 1, dims: readonly number[] = [0, 1]): Tensor => {
  const [from, to] = dims.map((dim) => normalizeDim(dim, input.ndim, "rot90"))
  if (dims.length !== 2 || from === to) {
    throw new NablaError("NABLA_INVALID_DIM", {
      message: "a rotation needs a plane",
      where: "rot90",
      expected: "two different dimensions",
      got: formatShape(dims),
    })
  }
  switch (((k % 4) + 4) % 4) {
    case 1:
      return flip(transpose(input, from!, to!), [from!])
    case 2:
      return flip(input, [from!, to!])
    case 3:
      return flip(transpose(input, from!, to!), [to!])
    default:
      return input
  }
})

/** Copies of the whole tensor side by side, sizes[i] times along dimension i; leading dimensions are added. */
export const repeat = composed("repeat", (input: Tensor, sizes: Shape): Tensor => {
  if (sizes.length < input.ndim || sizes.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "repeat needs a number of copies for each dimension",
      where: "repeat",
      expected: `at least ${input.ndim} whole numbers ≥ 0`,
      got: formatShape(sizes),
    })
  }
  const shape = [...new Array<number>(sizes.length - input.ndim).fill(1), ...input.shape]
  const apart = ops.reshape(
    nodeOf(input),
    shape.flatMap((size) => [1, size]),
  )
  const copies = ops.expand(
    apart,
    shape.flatMap((size, i) => [sizes[i]!, size]),
  )
  return wrap(
    ops.reshape(
      copies,
      shape.map((size, i) => size * sizes[i]!),
    ),
  )
})

/** repeat, with the numbers of copies aligned at the last dimension. */
export const tile = composed("tile", (input: Tensor, dims: Shape): Tensor => {
  return repeat(input, [...new Array<number>(Math.max(input.ndim - dims.length, 0)).fill(1), ...dims])
})

/**
 * Each element `repeats` times in place, along a dimension or in the flattened tensor. A tensor of repeats gives each
 * element its own number; its values are read, since the size of the result depends on them.
 */
export const repeatInterleave = composed(
  "repeatInterleave",
  (input: Tensor, repeats: number | Tensor, dim?: number | null): Tensor => {
    if (dim === undefined || dim === null) return repeatInterleave(flatten(input), repeats, 0)
    const at = normalizeDim(dim, input.ndim, "repeatInterleave")
    const size = input.shape[at]!
    if (typeof repeats === "number") {
      if (!Number.isInteger(repeats) || repeats < 0) throw repeatsError("a whole number ≥ 0", String(repeats))
      const { shape } = input
      const [before, after] = [shape.slice(0, at), shape.slice(at + 1)]
      const apart = ops.reshape(nodeOf(input), [...before, size, 1, ...after])
      const copies = ops.expand(apart, [...before, size, repeats, ...after])
      return wrap(ops.reshape(copies, [...before, size * repeats, ...after]))
    }
    checkIndexType(repeats, "repeatInterleave")
    const counts = repeats.dataSync()
    if (counts.length === 1) return repeatInterleave(input, counts[0]!, dim)
    if (counts.length !== size || counts.some((count) => count < 0)) {
      throw repeatsError(
        `${size} whole numbers ≥ 0`,
        `${counts.length} numbers, the lowest ${Math.min(...counts)}`,
      )
    }
    const index = Int32Array.from(Array.from(counts).flatMap((count, i) => new Array<number>(count).fill(i)))
    return indexSelect(input, at, wrapHost(index, [index.length], "int32"))
  },
)

function repeatsError(expected: string, got: string): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "these are no numbers of repetitions",
    where: "repeatInterleave",
    expected,
    got,
  })
}

function checkFactor(input: Tensor, factor: number, fits: boolean, where: string, expected: string): void {
  if (Number.isInteger(factor) && factor > 0 && input.ndim >= 3 && fits) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the shape does not fit the factor",
    where,
    expected,
    got: `shape ${formatShape(input.shape)}, factor ${factor}`,
  })
}

/** Channels to space: [*, C·r², H, W] becomes [*, C, H·r, W·r]. */
export const pixelShuffle = composed("pixelShuffle", (input: Tensor, upscaleFactor: number): Tensor => {
  const r = upscaleFactor
  const [channels = 0, height = 0, width = 0] = input.shape.slice(-3)
  const fits = channels % (r * r) === 0
  checkFactor(input, r, fits, "pixelShuffle", `[*, channels, height, width], channels a multiple of ${r * r}`)
  const lead = input.shape.slice(0, -3)
  const c = channels / (r * r)
  const apart = reshape(input, [...lead, c, r, r, height, width])
  const at = (i: number): number => lead.length + i
  const order = [...lead.map((_, i) => i), at(0), at(3), at(1), at(4), at(2)]
  return reshape(permute(apart, order), [...lead, c, height * r, width * r])
})

/** Space to channels: [*, C, H·r, W·r] becomes [*, C·r², H, W]; the inverse of pixelShuffle. */
export const pixelUnshuffle = composed("pixelUnshuffle", (input: Tensor, downscaleFactor: number): Tensor => {
  const r = downscaleFactor
  const [channels = 0, height = 0, width = 0] = input.shape.slice(-3)
  const fits = height % r === 0 && width % r === 0
  checkFactor(input, r, fits, "pixelUnshuffle", `[*, channels, height, width], both multiples of ${r}`)
  const lead = input.shape.slice(0, -3)
  const apart = reshape(input, [...lead, channels, height / r, r, width / r, r])
  const at = (i: number): number => lead.length + i
  const order = [...lead.map((_, i) => i), at(0), at(2), at(4), at(1), at(3)]
  return reshape(permute(apart, order), [...lead, channels * r * r, height / r, width / r])
})

/** Interleaves groups of channels: [N, groups·C, *] with the channels of the groups taken in turn. */
export const channelShuffle = composed("channelShuffle", (input: Tensor, groups: number): Tensor => {
  const [batch = 0, channels = 0, ...rest] = input.shape
  checkFactor(
    input,
    groups,
    channels % groups === 0,
    "channelShuffle",
    `[N, C, *], C a multiple of ${groups}`,
  )
  const apart = reshape(input, [batch, groups, channels / groups, ...rest])
  return reshape(transpose(apart, 1, 2), input.shape)
})
