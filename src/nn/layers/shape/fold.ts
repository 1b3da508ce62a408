import type { Spatial, Tensor, UnfoldOptions } from "../../../tensor/index.ts"
import { fold as foldOf, unfold as unfoldOf } from "../../functional.ts"
import { Configured } from "../configured.ts"

const blockOptions = ["dilation", "padding", "stride"] as const

/**
 * The sliding blocks of an image as columns (im2col). A convolution is a matrix product with these.
 *
 * Shapes: [N, C, H, W] → [N, C·∏kernel, blocks].
 *
 * @param kernelSize height and width of the blocks, or both as one number
 * @param options dilation 1, padding 0, stride 1
 * @throws NABLA_SHAPE_MISMATCH from forward when the blocks are larger than the padded image
 *
 * @example nn.unfold(2).forward(randn([1, 3, 4, 4])).shape // [1, 12, 9]
 */
export class Unfold extends Configured<UnfoldOptions> {
  readonly kernelSize: Spatial

  constructor(kernelSize: Spatial, options: UnfoldOptions = {}) {
    super(options, blockOptions)
    this.kernelSize = kernelSize
  }

  override forward(input: Tensor): Tensor {
    return unfoldOf(input, this.kernelSize, this.options)
  }
}

/**
 * Adds columns up to an image (col2im): the adjoint of Unfold. Where blocks overlap, their elements add up.
 *
 * Shapes: [N, C·∏kernel, blocks] → [N, C, …outputSize].
 *
 * @param outputSize height and width of the image, or both as one number
 * @param kernelSize height and width of the blocks, or both as one number
 * @param options dilation 1, padding 0, stride 1
 * @throws NABLA_SHAPE_MISMATCH from forward when the columns do not fit the image
 *
 * @example nn.fold(4, 2, { stride: 2 }).forward(randn([1, 12, 4])).shape // [1, 3, 4, 4]
 */
export class Fold extends Configured<UnfoldOptions> {
  readonly outputSize: Spatial
  readonly kernelSize: Spatial

  constructor(outputSize: Spatial, kernelSize: Spatial, options: UnfoldOptions = {}) {
    super(options, blockOptions)
    this.outputSize = outputSize
    this.kernelSize = kernelSize
  }

  override forward(input: Tensor): Tensor {
    return foldOf(input, this.outputSize, this.kernelSize, this.options)
  }
}

export const unfold = (kernelSize: Spatial, options?: UnfoldOptions): Unfold =>
  new Unfold(kernelSize, options)
export const fold = (outputSize: Spatial, kernelSize: Spatial, options?: UnfoldOptions): Fold =>
  new Fold(outputSize, kernelSize, options)
