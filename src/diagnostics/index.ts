export type {
  ActivationAnalysis,
  ActivationOptions,
  Moments,
  NormalResponse,
} from "./activations/analyze-activation.ts"
export { analyzeActivation } from "./activations/analyze-activation.ts"
export type {
  BatchTest,
  GradientNoise,
  NoiseOptions,
  NoiseReport,
} from "./backward/noise.ts"
export { gradientNoise } from "./backward/noise.ts"
export type { BatchLoss, PerSampleGradients } from "./backward/per-sample.ts"
export { perSampleGradients } from "./backward/per-sample.ts"
export type { DepthSlope } from "./backward/slope.ts"
export { activationSlope, depthSlope, gradientSlope } from "./backward/slope.ts"
export * from "./curvature/index.ts"
export type {
  DataAnalysis,
  DataOptions,
  FeatureAnalysis,
  FeaturePair,
  FeatureShift,
  LabelAnalysis,
} from "./data/analyze-data.ts"
export { analyzeData } from "./data/analyze-data.ts"
export type { Conditioning } from "./data/conditioning.ts"
export * from "./doctor/index.ts"
export type { OpNonFinite } from "./forward/find-non-finite.ts"
export { findNonFinite } from "./forward/find-non-finite.ts"
export { participationRatio } from "./forward/units.ts"
export type {
  InitAnalysis,
  InitOptions,
  InitProblem,
  SchemeName,
  WeightAnalysis,
} from "./initialisation/analyze-init.ts"
export { analyzeInit } from "./initialisation/analyze-init.ts"
export type { UnitSymmetry } from "./initialisation/symmetry.ts"
export { unitSymmetry } from "./initialisation/symmetry.ts"
export * from "./instrument/index.ts"
export * from "./landscape/index.ts"
export type {
  BatchNoise,
  BatchNormAnalysis,
  BatchNormOptions,
  BatchNormReport,
} from "./normalisation/analyze-batch-norm.ts"
export { analyzeBatchNorm } from "./normalisation/analyze-batch-norm.ts"
export type { Batch, Network, ObjectiveOptions } from "./objective.ts"
export { Objective, objectiveOf } from "./objective.ts"
export * from "./report/index.ts"
