export type { AdamOptions } from "./adam.ts"
export { Adam, adam } from "./adam.ts"
export { Composed } from "./composed.ts"
export type { BaseOptions, GroupOptions, ParameterGroup } from "./groups.ts"
export { Optimizer } from "./optimizer.ts"
export type { SGDOptions } from "./sgd.ts"
export { SGD, sgd } from "./sgd.ts"
export type { OptimizerState } from "./state-dict.ts"
export type {
  GradientTransform,
  ParameterState,
  PerParameter,
  StepContext,
  Transformed,
} from "./transform.ts"
export { chain, perParameter, stateless } from "./transform.ts"
export * as transforms from "./transforms.ts"
