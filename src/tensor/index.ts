import "./methods.ts"

export type { DeviceName, EngineMemory } from "../engine/index.ts"
export {
  defaultDevice,
  deviceInfo,
  deviceNames,
  memory,
  setDefaultDevice,
  setKernelChecks,
} from "../engine/index.ts"
export { backward } from "./backward.ts"
export * from "./creation.ts"
export * from "./functions/arithmetic.ts"
export * from "./functions/contraction.ts"
export * from "./functions/conv.ts"
export * from "./functions/math.ts"
export type { Correction, Dims, KeepDim } from "./functions/reduce.ts"
export {
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  logSoftmax,
  logsumexp,
  mean,
  prod,
  softmax,
  std,
  sum,
  variance,
  variance as var,
} from "./functions/reduce.ts"
export * from "./functions/select.ts"
export * from "./functions/shape.ts"
export type { RandomOptions } from "./random.ts"
export { Generator, manualSeed, rand, randint, randn } from "./random.ts"
export type { TensorLike } from "./tensor.ts"
export { enableGrad, isGradEnabled, noGrad, Tensor } from "./tensor.ts"
export type { Update } from "./update.ts"
export { update } from "./update.ts"
