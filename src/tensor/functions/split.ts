import { formatShape, NablaError, normalizeDim } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import { wrapIndex } from "../indices.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { squeeze } from "./shape.ts"

function part(input: Tensor, dim: number, start: number, length: number): Tensor {
  return wrap(ops.sliceDim(nodeOf(input), dim, start, length))
}

/** Elements start … start + length - 1 of a dimension; a negative start counts from the end. */
export const narrow = composed(
  "narrow",
  (input: Tensor, dim: number, start: number, length: number): Tensor => {
    const at = normalizeDim(dim, input.ndim, "narrow")
    const size = input.ndim === 0 ? 0 : input.shape[at]!
    const from = start < 0 ? start + size : start
    const whole = Number.isInteger(start) && Number.isInteger(length)
    if (!whole || from < 0 || length < 0 || from + length > size) {
      throw new NablaError("NABLA_INDEX_OUT_OF_RANGE", {
        message: "the range leaves the dimension",
        where: "narrow",
        expected: `0 ≤ start and start + length ≤ ${size}`,
        got: `start ${start}, length ${length}`,
      })
    }
    return part(input, at, from, length)
  },
)

/** The slice at one index of a dimension, which goes away. */
export const select = composed("select", (input: Tensor, dim: number, index: number): Tensor => {
  const at = normalizeDim(dim, input.ndim, "select")
  const size = input.ndim === 0 ? 0 : input.shape[at]!
  return squeeze(part(input, at, wrapIndex(index, size, "select", at), 1), at)
})

/** Parts of a given size (the last may be smaller), or of given sizes, along a dimension. */
export const split = composed(
  "split",
  (input: Tensor, splitSizeOrSections: number | readonly number[], dim = 0): Tensor[] => {
    const at = normalizeDim(dim, input.ndim, "split")
    const total = input.shape[at]!
    const sizes =
      typeof splitSizeOrSections === "number" ? equalSizes(total, splitSizeOrSections) : splitSizeOrSections
    const sum = sizes.reduce((a, b) => a + b, 0)
    if (sum !== total || sizes.some((size) => !Number.isInteger(size) || size < 0)) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the parts do not make up the dimension",
        where: "split",
        expected: `a size > 0, or sizes with sum ${total}`,
        got: typeof splitSizeOrSections === "number" ? String(splitSizeOrSections) : formatShape(sizes),
      })
    }
    let start = 0
    return sizes.map((size) => {
      const piece = part(input, at, start, size)
      start += size
      return piece
    })
  },
)

function equalSizes(total: number, size: number): number[] {
  if (total === 0) return [0]
  if (!(size > 0)) return [-1]
  return Array.from({ length: Math.ceil(total / size) }, (_, i) => Math.min(size, total - i * size))
}

/** At most `chunks` parts of size ⌈n / chunks⌉ (the last may be smaller) along a dimension. */
export const chunk = composed("chunk", (input: Tensor, chunks: number, dim = 0): Tensor[] => {
  const total = input.shape[normalizeDim(dim, input.ndim, "chunk")]!
  if (!Number.isInteger(chunks) || chunks < 1) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "chunk needs a whole number of chunks",
      where: "chunk",
      expected: "a whole number > 0",
      got: String(chunks),
    })
  }
  if (total === 0) return Array.from({ length: chunks }, () => input)
  return split(input, Math.ceil(total / chunks), dim)
})

/** Exactly as many parts as asked for, sizes differing by at most one; or parts that end before given indices. */
export const tensorSplit = composed(
  "tensorSplit",
  (input: Tensor, indicesOrSections: number | readonly number[], dim = 0): Tensor[] => {
    const at = normalizeDim(dim, input.ndim, "tensorSplit")
    const total = input.shape[at]!
    const ends =
      typeof indicesOrSections === "number"
        ? evenEnds(total, indicesOrSections)
        : [...indicesOrSections, total]
    let start = 0
    return ends.map((end) => {
      const stop = Math.min(Math.max(end < 0 ? end + total : end, 0), total)
      const piece = part(input, at, Math.min(start, stop), Math.max(stop - start, 0))
      start = stop
      return piece
    })
  },
)

function evenEnds(total: number, sections: number): number[] {
  if (!Number.isInteger(sections) || sections < 1) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "tensorSplit needs a whole number of sections",
      where: "tensorSplit",
      expected: "a whole number > 0",
      got: String(sections),
    })
  }
  const small = Math.floor(total / sections)
  const larger = total % sections
  return Array.from({ length: sections }, (_, i) => (i + 1) * small + Math.min(i + 1, larger))
}

/** The slices along a dimension, which goes away. */
export const unbind = composed("unbind", (input: Tensor, dim = 0): Tensor[] => {
  const at = normalizeDim(dim, input.ndim, "unbind")
  if (input.ndim === 0) {
    throw new NablaError("NABLA_INVALID_DIM", {
      message: "a tensor of no dimensions has no slices",
      where: "unbind",
      expected: "at least one dimension",
      got: "[]",
    })
  }
  return Array.from({ length: input.shape[at]! }, (_, i) => select(input, at, i))
})
