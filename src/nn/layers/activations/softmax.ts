import { formatShape, NablaError } from "../../../base/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import {
  logSoftmax as logSoftmaxOf,
  softmax as softmaxOf,
  softmin as softminOf,
} from "../../../tensor/index.ts"
import { Module } from "../../module.ts"
import { Configured } from "../configured.ts"

export interface SoftmaxLayerOptions {
  /**
   * Dimension along which the values add up to 1. Default, as in PyTorch: 0 for tensors of 0, 1 and 3 dimensions,
   * otherwise 1; better to say it.
   */
  readonly dim?: number
}

abstract class AlongDim extends Configured<SoftmaxLayerOptions> {
  constructor(options: SoftmaxLayerOptions = {}) {
    super(options, ["dim"])
  }

  protected dimOf({ ndim }: Tensor): number {
    return this.options.dim ?? (ndim === 0 || ndim === 1 || ndim === 3 ? 0 : 1)
  }
}

/**
 * Positive numbers that add up to 1.
 *
 * softmax(x)ᵢ = e^xᵢ/Σⱼ e^xⱼ
 *
 * Any shape. Values in (0, 1); saturates where one entry leads the others by more than about 5. One exponential and one
 * division an element, two passes for the largest entry and the sum. For a loss use crossEntropy on the logits, which is
 * exact where softmax rounds to 0.
 *
 * @param options dim: along which dimension
 *
 * @example nn.softmax({ dim: 0 }).forward(tensor([0, Math.log(3)])) // [0.25, 0.75]
 */
export class Softmax extends AlongDim {
  override forward(input: Tensor): Tensor {
    return softmaxOf(input, this.dimOf(input))
  }
}

/**
 * The logarithm of softmax, without overflow.
 *
 * logSoftmax(x)ᵢ = xᵢ − ln Σⱼ e^xⱼ
 *
 * Any shape. Values in (−∞, 0]; the derivative δᵢⱼ − softmax(x)ⱼ vanishes for the entry that leads. One exponential an
 * element, one logarithm a row.
 *
 * @param options dim: along which dimension
 *
 * @example nn.logSoftmax({ dim: 0 }).forward(tensor([0, 0])) // [-0.6931, -0.6931]
 */
export class LogSoftmax extends AlongDim {
  override forward(input: Tensor): Tensor {
    return logSoftmaxOf(input, this.dimOf(input))
  }
}

/**
 * softmax of the negative: the smallest entry gets the most.
 *
 * softmin(x)ᵢ = e^(−xᵢ)/Σⱼ e^(−xⱼ)
 *
 * Any shape. Values in (0, 1); saturation and cost as for softmax.
 *
 * @param options dim: along which dimension
 *
 * @example nn.softmin({ dim: 0 }).forward(tensor([0, Math.log(3)])) // [0.75, 0.25]
 */
export class Softmin extends AlongDim {
  override forward(input: Tensor): Tensor {
    return softminOf(input, this.dimOf(input))
  }
}

/**
 * softmax over the channels at each place of an image.
 *
 * Shapes: [N, C, H, W] or [C, H, W] → the same. Values in (0, 1); saturation and cost as for softmax.
 *
 * @throws NABLA_SHAPE_MISMATCH from forward for other numbers of dimensions
 *
 * @example nn.softmax2d().forward(zeros([4, 2, 2])).sum(0) // [[1, 1], [1, 1]]
 */
export class Softmax2d extends Module {
  override forward(input: Tensor): Tensor {
    if (input.ndim === 3 || input.ndim === 4) return softmaxOf(input, -3)
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "softmax2d is for images",
      where: "softmax2d",
      expected: "[N, C, H, W] or [C, H, W]",
      got: formatShape(input.shape),
    })
  }
}

export const softmax = (options?: SoftmaxLayerOptions): Softmax => new Softmax(options)
export const logSoftmax = (options?: SoftmaxLayerOptions): LogSoftmax => new LogSoftmax(options)
export const softmin = (options?: SoftmaxLayerOptions): Softmin => new Softmin(options)
export const softmax2d = (): Softmax2d => new Softmax2d()
