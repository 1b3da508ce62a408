/** A size that follows the batch: factor · (size of the batch) + offset. */
export interface BatchSize {
  readonly factor: number
  readonly offset: number
}

/** A size of a dimension, or a number made of sizes: known, or a function of the batch. */
export type Size = number | BatchSize

export const isKnown = (size: Size): size is number => typeof size === "number"

function normal(factor: number, offset: number): Size {
  return factor === 0 ? offset : { factor, offset }
}

const parts = (size: Size): BatchSize => (isKnown(size) ? { factor: 0, offset: size } : size)

export function plus(a: Size, b: Size): Size {
  const [x, y] = [parts(a), parts(b)]
  return normal(x.factor + y.factor, x.offset + y.offset)
}

export function times(a: Size, factor: number): Size {
  const x = parts(a)
  return normal(x.factor * factor, x.offset * factor)
}

export const minus = (a: Size, b: Size): Size => plus(a, times(b, -1))

/** The product of sizes, null when more than one of them follows the batch. */
export function product(sizes: readonly Size[]): Size | null {
  let known = 1
  let moving: BatchSize | null = null
  for (const size of sizes) {
    if (isKnown(size)) known *= size
    else if (moving === null) moving = size
    else return null
  }
  return moving === null ? known : times(moving, known)
}

export function sameSize(a: Size, b: Size): boolean {
  const [x, y] = [parts(a), parts(b)]
  return x.factor === y.factor && x.offset === y.offset
}

export function sameSizes(a: readonly Size[], b: readonly Size[]): boolean {
  return a.length === b.length && a.every((size, i) => sameSize(size, b[i]!))
}

/** The size that has these values when the batch has these sizes; null when it is not a linear function of it. */
export function sizeThrough(batches: readonly number[], values: readonly number[]): Size | null {
  if (values.every((value) => Object.is(value, values[0]))) return values[0]!
  const factor = (values[1]! - values[0]!) / (batches[1]! - batches[0]!)
  const offset = values[0]! - factor * batches[0]!
  const linear = Number.isInteger(factor) && values.every((v, i) => v === factor * batches[i]! + offset)
  return linear ? normal(factor, offset) : null
}

/** The shape that arrays of these shapes broadcast to; sizes are equal or 1. */
export function broadcastSizes(shapes: readonly (readonly Size[])[]): Size[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, i) => {
    const along = shapes.map((shape) => shape[i - rank + shape.length] ?? 1)
    return along.find((size) => size !== 1) ?? 1
  })
}
