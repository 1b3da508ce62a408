import { formatShape, NablaError } from "../../base/index.ts"
import * as ops from "../../ops/index.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import type { Spatial } from "./spatial.ts"
import { checkImage, checkWindow, cropSpatial, padSpatial, wholePerDimension } from "./spatial.ts"

export interface UnfoldOptions {
  readonly dilation?: Spatial
  readonly padding?: Spatial
  readonly stride?: Spatial
}

interface Blocks {
  readonly kernel: readonly number[]
  readonly dilation: readonly number[]
  readonly padding: readonly number[]
  readonly stride: readonly number[]
}

function blocksOf(where: string, kernelSize: Spatial, options: UnfoldOptions): Blocks {
  return {
    kernel: wholePerDimension("kernelSize", kernelSize, 2, 1, 1, where),
    dilation: wholePerDimension("dilation", options.dilation, 2, 1, 1, where),
    padding: wholePerDimension("padding", options.padding, 2, 0, 0, where),
    stride: wholePerDimension("stride", options.stride, 2, 1, 1, where),
  }
}

/**
 * The sliding blocks of an image as columns (im2col): [N, C, H, W] → [N, C·Kh·Kw, L], where L is the number of places
 * of the block. `fold` is its adjoint.
 */
export const unfold = composed(
  "unfold",
  (input: Tensor, kernelSize: Spatial, options: UnfoldOptions = {}): Tensor => {
    const where = "unfold"
    checkImage(where, input.shape, 2)
    const { kernel, dilation, padding, stride } = blocksOf(where, kernelSize, options)
    const x = padSpatial(nodeOf(input), padding, padding)
    const rank = x.shape.length
    checkWindow(where, x.shape.slice(-2), kernel, dilation)
    const windows = ops.windows(x, { dims: [rank - 2, rank - 1], size: kernel, stride, dilation })
    const [rows, columns] = windows.shape.slice(rank - 2, rank)
    const order = [...x.shape.keys()].slice(0, rank - 2)
    const sorted = ops.permute(windows, [...order, rank, rank + 1, rank - 2, rank - 1])
    const channels = x.shape[rank - 3]! * kernel[0]! * kernel[1]!
    return wrap(ops.reshape(sorted, [...x.shape.slice(0, rank - 3), channels, rows! * columns!]))
  },
)

/**
 * Adds columns up to an image (col2im): [N, C·Kh·Kw, L] → [N, C, ...outputSize], the adjoint of `unfold`. Where blocks
 * overlap, their elements add up.
 */
export const fold = composed(
  "fold",
  (input: Tensor, outputSize: Spatial, kernelSize: Spatial, options: UnfoldOptions = {}): Tensor => {
    const where = "fold"
    const image = wholePerDimension("outputSize", outputSize, 2, 1, 1, where)
    const { kernel, dilation, padding, stride } = blocksOf(where, kernelSize, options)
    const padded = image.map((size, i) => size + 2 * padding[i]!)
    checkWindow(where, padded, kernel, dilation)
    const places = padded.map((size, i) => {
      return Math.floor((size - dilation[i]! * (kernel[i]! - 1) - 1) / stride[i]!) + 1
    })
    const area = kernel[0]! * kernel[1]!
    const [rows, columns] = input.shape.slice(-2)
    if ((input.ndim !== 2 && input.ndim !== 3) || rows! % area !== 0 || columns !== places[0]! * places[1]!) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the columns do not fit the image",
        where,
        expected: `[N, C·${area}, ${places[0]! * places[1]!}] for an image of ${formatShape(image)}`,
        got: formatShape(input.shape),
      })
    }
    const lead = [...input.shape.slice(0, -2), rows! / area]
    const m = lead.length
    const blocks = ops.reshape(nodeOf(input), [...lead, ...kernel, ...places])
    const order = [...lead.keys(), m + 2, m + 3, m, m + 1]
    const sum = ops.fold(ops.permute(blocks, order), [...lead, ...padded], {
      dims: [m, m + 1],
      size: kernel,
      stride,
      dilation,
    })
    return wrap(cropSpatial(sum, padding, image))
  },
)
