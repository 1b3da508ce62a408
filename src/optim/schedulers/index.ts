export type { SequentialLROptions } from "./compositions.ts"
export { ChainedScheduler, SequentialLR } from "./compositions.ts"
export type {
  CosineAnnealingLROptions,
  CosineAnnealingWarmRestartsOptions,
  SWALROptions,
} from "./cosine.ts"
export { CosineAnnealingLR, CosineAnnealingWarmRestarts, SWALR } from "./cosine.ts"
export type { CyclicLROptions, OneCycleLROptions } from "./cycles.ts"
export { CyclicLR, OneCycleLR } from "./cycles.ts"
export type {
  ConstantLROptions,
  ExponentialLROptions,
  LambdaLROptions,
  LinearLROptions,
  MultiStepLROptions,
  PolynomialLROptions,
  StepLROptions,
} from "./decays.ts"
export {
  ConstantLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiplicativeLR,
  MultiStepLR,
  PolynomialLR,
  StepLR,
} from "./decays.ts"
export type { ReduceLROnPlateauOptions } from "./reduce-on-plateau.ts"
export { ReduceLROnPlateau } from "./reduce-on-plateau.ts"
export type { ScheduledOptimizer, SchedulerState } from "./scheduler.ts"
export { LRScheduler } from "./scheduler.ts"
