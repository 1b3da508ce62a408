import { formatShape, isFloating, NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { composed, oneHot } from "../../tensor/index.ts"

export interface SoftTargetOptions {
  /** How many classes there are; needed for class indices. */
  readonly numClasses?: number
}

/** Class indices [N] as probabilities [N, C]; probabilities stay as they are. */
export function softTargets(where: string, target: Tensor, { numClasses }: SoftTargetOptions): Tensor {
  if (isFloating(target.dtype)) {
    if (target.ndim === 2) return target
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "targets are class indices or probabilities",
      where,
      expected: "int32 [N], or probabilities [N, C]",
      got: formatShape(target.shape),
    })
  }
  if (numClasses !== undefined) return oneHot(target, numClasses).to("float32")
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "class indices alone do not say how many classes there are",
    where,
    expected: "{ numClasses }",
    got: "none",
  })
}

/**
 * Targets that are not certain: (1 − ε)·target + ε/C. As an option of crossEntropy it is `labelSmoothing`.
 *
 * Shapes: class indices [N] or probabilities [N, C] → [N, C]
 *
 * Paper: Szegedy et al. 2016, Rethinking the Inception Architecture, arXiv:1512.00567v3.
 *
 * @throws NABLA_INVALID_ARGUMENT when the share is not in 0 … 1, or the number of classes is not known
 *
 * @example nn.smoothLabels(tensor([1], { dtype: "int32" }), 0.2, { numClasses: 2 }) // [[0.1, 0.9]]
 */
export const smoothLabels = composed(
  "smoothLabels",
  (target: Tensor, smoothing: number, options: SoftTargetOptions = {}): Tensor => {
    if (!(smoothing >= 0 && smoothing <= 1)) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the smoothing is a share",
        where: "smoothLabels",
        expected: "0 … 1",
        got: String(smoothing),
      })
    }
    const soft = softTargets("smoothLabels", target, options)
    return soft.mul(1 - smoothing).add(smoothing / soft.shape[1]!)
  },
)
