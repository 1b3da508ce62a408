import { formatShape, NablaError, numel, sameShape } from "../../base/index.ts"
import type { Source } from "../../ops/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import type { Spatial } from "./spatial.ts"
import { checkImage, wholePerDimension } from "./spatial.ts"

export interface MaxUnpoolOptions {
  /** Default: the window's size. */
  readonly stride?: Spatial
  readonly padding?: Spatial
  /** Spatial size of the result; default: the smallest that pooling would have made the input from. */
  readonly outputSize?: readonly number[]
}

/** Puts maxima back where max pooling found them, zeros elsewhere; for one place the last one stays. */
function maxUnpool(
  n: number,
  input: Tensor,
  indices: Tensor,
  kernelSize: Spatial,
  options: MaxUnpoolOptions,
): Tensor {
  const where = `maxUnpool${n}d`
  checkImage(where, input.shape, n)
  if (!sameShape(input.shape, indices.shape)) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "every maximum needs its index",
      where,
      expected: `indices of shape ${formatShape(input.shape)}`,
      got: formatShape(indices.shape),
    })
  }
  const kernel = wholePerDimension("kernelSize", kernelSize, n, 1, 1, where)
  const stride = wholePerDimension("stride", options.stride ?? kernelSize, n, 1, 1, where)
  const padding = wholePerDimension("padding", options.padding, n, 0, 0, where)
  const least = input.shape.slice(-n).map((size, i) => (size - 1) * stride[i]! - 2 * padding[i]! + kernel[i]!)
  const image = options.outputSize?.slice(-n) ?? least
  const lead = input.shape.slice(0, -n)
  const length = numel(input.shape.slice(-n))
  const table = [...lead, numel(image)]
  const picked = [...lead, length]
  const sources: Source[] = [
    ...lead.map((_, dim): Source => ({ kind: "slice", dim, start: 0, step: 1 })),
    { kind: "tensor", tensor: 0, at: [...picked.keys()] },
  ]
  const values = ops.reshape(nodeOf(input), picked)
  const places = ops.reshape(ops.cast(nodeOf(indices), "int32"), picked)
  const empty = ops.constant(0, table, input.dtype)
  const filled = ops.scatterSet(empty, values, [places], { table, picked, sources })
  return wrap(ops.reshape(filled, [...lead, ...image]))
}

/** Inverse of maxPool1d, given its indices: [N, C, L] → [N, C, L′]. */
export const maxUnpool1d = composed(
  "maxUnpool1d",
  (input: Tensor, indices: Tensor, kernelSize: Spatial, options: MaxUnpoolOptions = {}): Tensor => {
    return maxUnpool(1, input, indices, kernelSize, options)
  },
)

/** Inverse of maxPool2d, given its indices: [N, C, H, W] → [N, C, H′, W′]. */
export const maxUnpool2d = composed(
  "maxUnpool2d",
  (input: Tensor, indices: Tensor, kernelSize: Spatial, options: MaxUnpoolOptions = {}): Tensor => {
    return maxUnpool(2, input, indices, kernelSize, options)
  },
)

/** Inverse of maxPool3d, given its indices: [N, C, D, H, W] → [N, C, D′, H′, W′]. */
export const maxUnpool3d = composed(
  "maxUnpool3d",
  (input: Tensor, indices: Tensor, kernelSize: Spatial, options: MaxUnpoolOptions = {}): Tensor => {
    return maxUnpool(3, input, indices, kernelSize, options)
  },
)
