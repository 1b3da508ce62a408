import { NablaError } from "./errors.ts"

/** Sizes of a tensor's dimensions; `[]` is a scalar. */
export type Shape = readonly number[]

export function numel(shape: Shape): number {
  let n = 1
  for (const size of shape) n *= size
  return n
}

/** Row-major strides, in elements. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let step = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step
    step *= shape[i]!
  }
  return strides
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`
}

export function checkShape(shape: Shape, where: string): void {
  if (!Array.isArray(shape)) {
    throw new NablaError("NABLA_INVALID_SHAPE", {
      message: "a shape is a list of sizes",
      where,
      expected: "an array of whole numbers ≥ 0",
      got: shape === null ? "null" : typeof shape,
    })
  }
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 0) {
      throw new NablaError("NABLA_INVALID_SHAPE", {
        message: "a size is not a whole number ≥ 0",
        where,
        expected: "whole numbers ≥ 0",
        got: formatShape(shape),
      })
    }
  }
}

/** NumPy's broadcasting rule: shapes are aligned at the last dimension and a size of 1 stretches. */
export function broadcastShapes(a: Shape, b: Shape, where: string): Shape {
  if (sameShape(a, b)) return a
  const rank = Math.max(a.length, b.length)
  const out = new Array<number>(rank)
  for (let i = 0; i < rank; i++) {
    const sizeA = a[i - rank + a.length] ?? 1
    const sizeB = b[i - rank + b.length] ?? 1
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: `the shapes do not broadcast: dimension ${i - rank} is ${sizeA} against ${sizeB}`,
        where,
        expected: "equal sizes, or 1, in each dimension counted from the last",
        got: `${formatShape(a)} and ${formatShape(b)}`,
      })
    }
    out[i] = sizeA === 1 ? sizeB : sizeA
  }
  return out
}

/** A dimension in 0 … rank-1 from one that may count from the end. */
export function normalizeDim(dim: number, rank: number, where: string): number {
  const limit = Math.max(rank, 1)
  if (!Number.isInteger(dim) || dim < -limit || dim >= limit) {
    throw new NablaError("NABLA_INVALID_DIM", {
      message: "the dimension is out of range",
      where,
      expected: `a whole number from ${-limit} to ${limit - 1}`,
      got: String(dim),
    })
  }
  return dim < 0 ? dim + limit : dim
}

/** Distinct dimensions in ascending order; `undefined` or an empty list means all of them. */
export function normalizeDims(
  dims: number | readonly number[] | undefined | null,
  rank: number,
  where: string,
): number[] {
  if (dims === undefined || dims === null) return Array.from({ length: rank }, (_, i) => i)
  const list = typeof dims === "number" ? [dims] : dims
  if (list.length === 0) return Array.from({ length: rank }, (_, i) => i)
  const out = list.map((dim) => normalizeDim(dim, rank, where)).sort((a, b) => a - b)
  if (rank === 0) return []
  if (out.some((dim, i) => i > 0 && dim === out[i - 1])) {
    throw new NablaError("NABLA_INVALID_DIM", {
      message: "a dimension appears twice",
      where,
      got: formatShape(list),
    })
  }
  return out
}
