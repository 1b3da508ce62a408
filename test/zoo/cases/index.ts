import type { ZooCase } from "../case.ts"
import { adamBiasCorrectionCases } from "./adam-bias-correction.ts"
import { adamEpsilonCases } from "./adam-epsilon.ts"
import {
  batchNormSmallBatchCases,
  batchNormStaleCases,
  evaluationInTrainingModeCases,
  trainingInEvaluationModeCases,
} from "./batch-norm.ts"
import { illConditionedLossCases, stuckCases } from "./curvature.ts"
import { overfittingCases, underCapacityCases } from "./generalisation.ts"
import { gradientNoiseCases } from "./gradient-noise.ts"
import { gradientsAccumulateCases, noGradientCases } from "./gradients.ts"
import {
  mismatchedInitialisationCases,
  symmetricInitialisationCases,
  weightsTooLargeCases,
  weightsTooSmallCases,
} from "./initialisation.ts"
import {
  illConditionedFeaturesCases,
  inputsNotCentredCases,
  inputsNotScaledCases,
  labelsOutOfRangeCases,
  shuffledLabelsCases,
  trainTestLeakCases,
  unbalancedLabelsCases,
} from "./inputs.ts"
import { nonFiniteCases } from "./non-finite.ts"
import { doubleSoftmaxCases, linearStackCases, wrongLossCases } from "./outputs.ts"
import { rateTooHighCases } from "./rate-too-high.ts"
import { rateTooLowCases } from "./rate-too-low.ts"
import { scheduleEndsEarlyCases } from "./schedules.ts"
import { deadReluCases, explodingCases, saturatedCases, vanishingCases } from "./signals.ts"
import { weightDecayOnBiasesCases, weightDecayStrongCases } from "./weight-decay.ts"

/** All cases; one file for each fault. */
export const cases: readonly ZooCase[] = [
  ...adamBiasCorrectionCases,
  ...adamEpsilonCases,
  ...batchNormSmallBatchCases,
  ...batchNormStaleCases,
  ...deadReluCases,
  ...doubleSoftmaxCases,
  ...evaluationInTrainingModeCases,
  ...explodingCases,
  ...gradientNoiseCases,
  ...gradientsAccumulateCases,
  ...illConditionedFeaturesCases,
  ...illConditionedLossCases,
  ...inputsNotCentredCases,
  ...inputsNotScaledCases,
  ...labelsOutOfRangeCases,
  ...linearStackCases,
  ...mismatchedInitialisationCases,
  ...noGradientCases,
  ...nonFiniteCases,
  ...overfittingCases,
  ...rateTooHighCases,
  ...rateTooLowCases,
  ...saturatedCases,
  ...scheduleEndsEarlyCases,
  ...shuffledLabelsCases,
  ...stuckCases,
  ...symmetricInitialisationCases,
  ...trainTestLeakCases,
  ...trainingInEvaluationModeCases,
  ...unbalancedLabelsCases,
  ...underCapacityCases,
  ...vanishingCases,
  ...weightDecayOnBiasesCases,
  ...weightDecayStrongCases,
  ...weightsTooLargeCases,
  ...weightsTooSmallCases,
  ...wrongLossCases,
]
