export { ChainedOptimizer } from "./chained.ts"
export type { ClipNormOptions } from "./clip.ts"
export { clipGradNorm_, clipGradValue_ } from "./clip.ts"
export { Composed } from "./composed.ts"
export * from "./first-order/index.ts"
export type { BaseOptions, GroupOptions, ParameterGroup, Params } from "./groups.ts"
export type { OptionTable } from "./optimizer.ts"
export { Optimizer } from "./optimizer.ts"
export * as lrScheduler from "./schedulers/index.ts"
export * from "./second-order/index.ts"
export type { OptimizerState } from "./state-dict.ts"
export type {
  GradientTransform,
  ParameterState,
  PerParameter,
  StepContext,
  Transformed,
} from "./transform.ts"
export { chain, perParameter, stateless } from "./transform.ts"
export * as transforms from "./transforms/index.ts"
export * from "./wrappers/index.ts"
