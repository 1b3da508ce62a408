import { isFloating, NablaError, sameShape } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { add, composed, logSoftmax, mul, sub } from "../../tensor/index.ts"
import { checkClassWeight } from "./check.ts"
import type { ClassOptions } from "./class-indices.ts"
import { alongClasses, classDim, labelLoss } from "./class-indices.ts"
import { reduce } from "./reduction.ts"

export interface CrossEntropyOptions extends ClassOptions {
  /** Share ε of the target that is spread evenly over all classes. Default: 0. */
  readonly labelSmoothing?: number
}

/**
 * Cross-entropy of softmax(input) against classes, computed from logits without overflow.
 *
 * For class indices y: ℓₙ = −w[yₙ]·ln softmax(inputₙ)[yₙ]; mean = Σℓₙ / Σw[yₙ].
 * For probabilities p: ℓₙ = −Σ_c w[c]·p[n, c]·ln softmax(inputₙ)[c]; mean = Σℓₙ / N.
 * With label smoothing ε the target is (1 − ε)·target + ε/C.
 *
 * Shapes: input [N, C], [C], or [N, C, d₁, …]; target without the dimension C (int32 class indices), or of the input's
 * shape (probabilities).
 *
 * @throws NABLA_SHAPE_MISMATCH when the target fits in neither way
 * @throws NABLA_LABEL_RANGE for a label outside of 0 … C − 1, when the labels are known; labels that are computed are
 *   not looked at, and a wrong one makes the loss NaN
 *
 * @example nn.crossEntropy(tensor([[2, 0, 0]]), tensor([0], { dtype: "int32" })).itemSync() // 0.2395…
 */
export const crossEntropy = composed(
  "crossEntropy",
  (input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor => {
    const dim = classDim("crossEntropy", input)
    const { labelSmoothing = 0 } = options
    checkShare(labelSmoothing)
    const logits = logSoftmax(input, dim)
    if (isFloating(target.dtype) && sameShape(input.shape, target.shape)) {
      return againstProbabilities(logits, target, dim, options)
    }
    return labelLoss("crossEntropy", logits, target, options, labelSmoothing)
  },
)

function againstProbabilities(
  logits: Tensor,
  target: Tensor,
  dim: number,
  { weight, labelSmoothing = 0, reduction }: CrossEntropyOptions,
): Tensor {
  const classes = logits.shape[dim]!
  checkClassWeight("crossEntropy", weight, classes)
  const smoothed =
    labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / classes)
  const weighted = weight === undefined ? logits : mul(logits, alongClasses(weight, logits, dim))
  const losses = sub(0, mul(smoothed, weighted).sum(dim))
  // Σ/N over all samples and positions, which is the mean of the losses.
  return reduce("crossEntropy", losses, reduction)
}

function checkShare(smoothing: number): void {
  if (smoothing >= 0 && smoothing <= 1) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "labelSmoothing is a share",
    where: "crossEntropy",
    expected: "0 … 1",
    got: String(smoothing),
  })
}
