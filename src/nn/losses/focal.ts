import { isFloating } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { add, composed, exp, logSoftmax, logsigmoid, mul, neg, pow, sub, where } from "../../tensor/index.ts"
import { checkAtLeast, checkSameShape } from "./check.ts"
import type { ClassOptions } from "./class-indices.ts"
import { checkLabels, classDim, isLabel, labelLoss } from "./class-indices.ts"
import { reduce } from "./reduction.ts"

export interface FocalOptions extends ClassOptions {
  /** How strongly easy samples are played down; 0 makes it the cross-entropy. Default: 2. */
  readonly gamma?: number
  /** Weight of the positive side, 1 − alpha of the negative; null: both 1. Binary form only. Default: 0.25. */
  readonly alpha?: number | null
}

/**
 * Cross-entropy that plays down what is already right, for classes of very unequal size.
 *
 * ℓ = −α_t·(1 − p_t)^γ·ln p_t, where p_t is the probability of what is true.
 *
 * - Binary form: a floating target of the input's shape, with values in [0, 1]; p = σ(input), α_t = alpha for the
 *   positive part and 1 − alpha for the negative. With torchvision's defaults, except that its reduction is "none".
 * - Classes: an int32 target without the dimension of classes; p = softmax(input), α_t = weight[y], and
 *   mean = Σℓ / Σweight[y].
 *
 * Shapes: as bceWithLogits or crossEntropy.
 *
 * Paper: Lin et al. 2017, Focal Loss for Dense Object Detection, arXiv:1708.02002v2.
 *
 * @throws NABLA_SHAPE_MISMATCH when the target fits in neither way
 *
 * @example nn.focal(tensor([0]), tensor([1])).itemSync() // 0.0433…, which is 0.25·0.5²·ln 2
 */
export const focal = composed(
  "focal",
  (input: Tensor, target: Tensor, options: FocalOptions = {}): Tensor => {
    const { gamma = 2, alpha = 0.25, ...rest } = options
    checkAtLeast("focal", "gamma", gamma, 0)
    if (!isFloating(target.dtype)) return ofClasses(input, target, gamma, rest)
    checkSameShape("focal", input, target)
    const [positive, negative] = [logsigmoid(input), logsigmoid(neg(input))]
    // The probability of the other side: 1 − p without cancellation.
    const left = mul(target, modulated(positive, negative, gamma))
    const right = mul(sub(1, target), modulated(negative, positive, gamma))
    const losses = alpha === null ? neg(add(left, right)) : neg(add(mul(left, alpha), mul(right, 1 - alpha)))
    return reduce("focal", losses, options.reduction)
  },
)

/** (1 − p)^γ·ln p */
function modulated(logP: Tensor, logRest: Tensor, gamma: number): Tensor {
  return gamma === 0 ? logP : mul(exp(mul(logRest, gamma)), logP)
}

function ofClasses(input: Tensor, target: Tensor, gamma: number, options: ClassOptions): Tensor {
  const dim = classDim("focal", input)
  const logits = logSoftmax(input, dim)
  if (gamma === 0) return labelLoss("focal", logits, target, options)
  checkLabels("focal", input, target, dim, options.ignoreIndex ?? -100)
  // The sum of the other classes' probabilities is 1 − p without cancellation, and never 0 by rounding alone.
  const others = where(isLabel(target, logits, dim), 0, exp(logits)).sum(dim, { keepdim: true })
  return labelLoss("focal", mul(pow(others, gamma), logits), target, options)
}
