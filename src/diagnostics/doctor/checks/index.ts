import type { Check } from "../check.ts"
import { adamBiasCorrection } from "./adam-bias-correction.ts"
import { adamEpsilon } from "./adam-epsilon.ts"
import { batchNormSmallBatch } from "./batch-norm-small-batch.ts"
import { batchNormStale } from "./batch-norm-stale.ts"
import { deadRelu } from "./dead-relu.ts"
import { doubleSoftmax } from "./double-softmax.ts"
import { evaluationInTrainingMode } from "./evaluation-in-training-mode.ts"
import { exploding } from "./exploding.ts"
import { gradientNoiseDominates } from "./gradient-noise.ts"
import { gradientsAccumulate } from "./gradients-accumulate.ts"
import { illConditionedFeatures } from "./ill-conditioned-features.ts"
import { illConditionedLoss } from "./ill-conditioned-loss.ts"
import { inputsNotCentred } from "./inputs-not-centred.ts"
import { inputsNotScaled } from "./inputs-not-scaled.ts"
import { labelsOutOfRange } from "./labels-out-of-range.ts"
import { linearStack } from "./linear-stack.ts"
import { mismatchedInitialisation } from "./mismatched-initialisation.ts"
import { noGradient } from "./no-gradient.ts"
import { nonFinite } from "./non-finite.ts"
import { overfitting } from "./overfitting.ts"
import { rateTooHigh } from "./rate-too-high.ts"
import { rateTooLow } from "./rate-too-low.ts"
import { saturated } from "./saturated.ts"
import { scheduleEndsEarly } from "./schedule-ends-early.ts"
import { shuffledLabels } from "./shuffled-labels.ts"
import { stuck } from "./stuck.ts"
import { symmetricInitialisation } from "./symmetric-initialisation.ts"
import { trainTestLeak } from "./train-test-leak.ts"
import { trainingInEvaluationMode } from "./training-in-evaluation-mode.ts"
import { unbalancedLabels } from "./unbalanced-labels.ts"
import { underCapacity } from "./under-capacity.ts"
import { vanishing } from "./vanishing.ts"
import { weightDecayOnBiases } from "./weight-decay-on-biases.ts"
import { weightDecayStrong } from "./weight-decay-strong.ts"
import { weightsTooLarge } from "./weights-too-large.ts"
import { weightsTooSmall } from "./weights-too-small.ts"
import { wrongLoss } from "./wrong-loss.ts"

/** All faults that the doctor knows, one file each. Their order has no meaning: findings are ranked by their causes. */
export const checks: readonly Check[] = [
  adamBiasCorrection,
  adamEpsilon,
  batchNormSmallBatch,
  batchNormStale,
  deadRelu,
  doubleSoftmax,
  evaluationInTrainingMode,
  exploding,
  gradientNoiseDominates,
  gradientsAccumulate,
  illConditionedFeatures,
  inputsNotCentred,
  inputsNotScaled,
  labelsOutOfRange,
  linearStack,
  mismatchedInitialisation,
  noGradient,
  nonFinite,
  overfitting,
  rateTooHigh,
  rateTooLow,
  saturated,
  scheduleEndsEarly,
  shuffledLabels,
  symmetricInitialisation,
  trainingInEvaluationMode,
  trainTestLeak,
  unbalancedLabels,
  underCapacity,
  vanishing,
  weightDecayOnBiases,
  weightDecayStrong,
  weightsTooLarge,
  weightsTooSmall,
  wrongLoss,
  illConditionedLoss,
  stuck,
]
