import { formatShape, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"

/** What convolutions, pooling and resampling share: arguments for each spatial dimension, the last ones of an image. */

/** One number for all spatial dimensions, or one for each. */
export type Spatial = number | readonly number[]

export function perDimension(
  value: Spatial | undefined,
  n: number,
  fallback: number,
  where: string,
): number[] {
  const list = value === undefined ? [fallback] : typeof value === "number" ? [value] : [...value]
  if (list.length !== 1 && list.length !== n) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a list must have one entry for each spatial dimension",
      where,
      expected: `1 or ${n} entries`,
      got: `${list.length}`,
    })
  }
  return list.length === n ? list : new Array<number>(n).fill(list[0]!)
}

/** Whole numbers of at least `least` for each spatial dimension. */
export function wholePerDimension(
  name: string,
  value: Spatial | undefined,
  n: number,
  fallback: number,
  least: number,
  where: string,
): number[] {
  const list = perDimension(value, n, fallback, where)
  if (list.every((entry) => Number.isInteger(entry) && entry >= least)) return list
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `${name} is out of range`,
    where,
    expected: `whole numbers of at least ${least}`,
    got: formatShape(list),
  })
}

/** Fills around the spatial dimensions (the last ones). */
export function padSpatial(x: Node, before: readonly number[], after: readonly number[], value = 0): Node {
  const lead = x.shape.length - before.length
  const low = x.shape.map((_, i) => (i < lead ? 0 : before[i - lead]!))
  const shape = x.shape.map((size, i) => (i < lead ? size : size + before[i - lead]! + after[i - lead]!))
  return ops.pad(x, { shape, low, interior: low.map(() => 0), value })
}

/** Removes from the spatial dimensions (the last ones). */
export function cropSpatial(x: Node, before: readonly number[], size: readonly number[]): Node {
  const lead = x.shape.length - before.length
  return ops.slice(x, {
    start: x.shape.map((_, i) => (i < lead ? 0 : before[i - lead]!)),
    size: x.shape.map((full, i) => (i < lead ? full : size[i - lead]!)),
    step: x.shape.map(() => 1),
  })
}

/** Windows must fit the padded image at least once. */
export function checkWindow(
  where: string,
  image: readonly number[],
  kernel: readonly number[],
  dilation: readonly number[],
): void {
  const reach = kernel.map((size, i) => dilation[i]! * (size - 1) + 1)
  if (reach.every((size, i) => size <= image[i]!)) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the window is larger than the padded image",
    where,
    expected: `an image of at least ${formatShape(reach)}`,
    got: formatShape(image),
  })
}

/** An image of n spatial dimensions has one for the channels before them, and may have one for the batch. */
export function checkImage(where: string, shape: readonly number[], n: number): void {
  if (shape.length === n + 1 || shape.length === n + 2) return
  const names = ["L", "H, W", "D, H, W"][n - 1]
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the image has the wrong number of dimensions",
    where,
    expected: `[N, C, ${names}] or [C, ${names}]`,
    got: formatShape(shape),
  })
}
