import type { Tensor } from "../../tensor/index.ts"
import {
  amax,
  argmax,
  ceil,
  clamp,
  eq,
  ge,
  matmul,
  mul,
  oneHot,
  onesLike,
  sigmoid,
  softmax,
  stack,
  sub,
  where,
} from "../../tensor/index.ts"
import { checkOptions, invalid } from "./check.ts"
import { decisions } from "./predictions.ts"
import { StreamingMetric } from "./streaming.ts"

export interface CalibrationOptions {
  /** How many ranges of confidence there are, equally wide. Default: 15. */
  readonly bins?: number
}

class CalibrationError extends StreamingMetric {
  private readonly bins: number

  constructor({ bins = 15 }: CalibrationOptions) {
    super()
    this.bins = bins
  }

  /** Three rows of bins: samples, their confidence summed up, those that were right. */
  override statistics(output: Tensor, target: Tensor): Tensor {
    const { bins } = this
    const { confidence, right } = beliefs(output, target)
    const place = clamp(sub(ceil(mul(confidence, bins)), 1), { min: 0, max: bins - 1 }).to("int32")
    const weights = stack([onesLike(confidence), confidence, right.to(confidence.dtype)])
    return matmul(weights, oneHot(place, bins).to(confidence.dtype)).reshape([-1])
  }

  override value(state: readonly number[]): number {
    const { bins } = this
    let [gap, samples] = [0, 0]
    for (let b = 0; b < bins; b++) {
      // |B|·|accuracy − confidence| is the difference of the sums.
      gap += Math.abs(state[2 * bins + b]! - state[bins + b]!)
      samples += state[b]!
    }
    return gap / samples
  }
}

function beliefs(output: Tensor, target: Tensor): { confidence: Tensor; right: Tensor } {
  const { scores, target: labels } = decisions("expectedCalibrationError", output, target)
  if (scores.ndim === 2) {
    return { confidence: amax(softmax(scores, 1), 1), right: eq(argmax(scores, 1), labels) }
  }
  const p = sigmoid(scores)
  const one = ge(p, 0.5)
  return { confidence: where(one, p, sub(1, p)), right: eq(one.to("int32"), labels) }
}

/**
 * Expected calibration error: Σ_b |B_b|/n · |accuracy(B_b) − confidence(B_b)| over ranges b of the confidence, which is the
 * largest probability (Guo et al., arXiv:1706.04599v2).
 *
 * Outputs [n, classes, …] are logits, or [n] those of class 1; targets [n, …]. The state is 3 numbers for each range.
 *
 * @throws NABLA_INVALID_ARGUMENT when `bins` is no whole number ≥ 1
 */
export function expectedCalibrationError(options: CalibrationOptions = {}): StreamingMetric {
  checkOptions("expectedCalibrationError", options, ["bins"])
  const { bins = 15 } = options
  if (!(Number.isInteger(bins) && bins >= 1))
    throw invalid("expectedCalibrationError", "bins is no such number", "a whole number ≥ 1", bins)
  return new CalibrationError(options)
}
